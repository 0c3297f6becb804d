import { objectPath } from '@slipway/api/browser';
import type { ApiObject, Condition } from '@slipway/model';
import { Ago, Button, buttonClass, Panel, Status } from '@slipway/ui';
import { Link } from '@tanstack/react-router';
import { CircleCheck, CircleDashed, CircleX, PackageSearch, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import { useWhyNot } from '../../hub/access.ts';
import { KINDS } from '../../hub/kinds.ts';
import type { Registry } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { Summary } from '../kinds/summary.tsx';
import { Problem } from '../problem-pages.tsx';

/** A registry: whether its catalogue can be read, when it was, and a button that has it read now. */
export function RegistryOverview({ object }: { readonly object: ApiObject }) {
  const registry = object as Registry;
  const { waiting, problem, sync, because } = useSync(registry);
  const own = registry.metadata.namespace !== undefined;
  return (
    <>
      <Panel
        title="Catalogue"
        aside={
          <>
            <Link
              to="/clusters/$section"
              params={{ section: 'packs' }}
              search={(before) => ({ ...before, kind: own ? 'projectpacks' : undefined, q: registry.metadata.name })}
              className={buttonClass()}
            >
              <PackageSearch size={14} aria-hidden />
              Its packs
            </Link>
            <Button look="primary" because={because} onClick={() => void sync()}>
              <RefreshCw size={14} aria-hidden />
              Sync now
            </Button>
          </>
        }
      >
        <div className="stack">
          {problem !== undefined && <Problem error={problem} />}
          <div role="status">
            {waiting ? <Status icon={RefreshCw} tone="busy" word="It is being read" /> : <Health registry={registry} />}
          </div>
          <Catalogue status={registry.status} />
        </div>
      </Panel>
      <Summary object={object} />
    </>
  );
}

const SYNC = {
  tenant: { plural: KINDS.registries.plural, subresource: 'sync' },
  project: { plural: KINDS.projectregistries.plural, subresource: 'sync' },
};

function useSync({ metadata: { name, namespace }, status }: Registry) {
  const [asked, setAsked] = useState<string>();
  const [problem, setProblem] = useState<unknown>();
  const kind = namespace === undefined ? KINDS.registries : KINDS.projectregistries;
  const forbidden = useWhyNot('create', namespace === undefined ? SYNC.tenant : SYNC.project, namespace);
  // The hub says the moment it noted the request: an attempt from then on answers it.
  const waiting = asked !== undefined && (status?.lastAttempt ?? '') < asked;
  const sync = async () => {
    setProblem(undefined);
    try {
      const path = `${objectPath({ kind, project: namespace, name })}/sync`;
      setAsked((await client.request<{ requested: string }>(path, { method: 'POST', body: {} })).requested);
    } catch (error) {
      setProblem(error);
    }
  };
  return { waiting, problem, sync, because: forbidden ?? (waiting ? 'It is being read' : undefined) };
}

function Catalogue({ status = { conditions: [] } }: { readonly status: Registry['status'] }) {
  const { lastSync, lastAttempt, packs = 0, versions = 0, failures = 0 } = status;
  return (
    <dl className="facts">
      <dt>Read last</dt>
      <dd>{lastSync === undefined ? 'never' : <Ago time={lastSync} />}</dd>
      <dt>Tried last</dt>
      <dd>{lastAttempt === undefined ? 'never' : <Ago time={lastAttempt} />}</dd>
      <dt>In the catalogue</dt>
      <dd>
        {packs} {packs === 1 ? 'pack' : 'packs'}, {versions} {versions === 1 ? 'version' : 'versions'}
      </dd>
      {failures > 0 && <dt>Failed since</dt>}
      {failures > 0 && <dd>{failures === 1 ? 'once' : `${failures} times`}</dd>}
    </dl>
  );
}

const TONES: Readonly<Record<Condition['status'], { icon: typeof CircleX; tone: 'ok' | 'bad' | 'quiet'; word: string }>> = {
  True: { icon: CircleCheck, tone: 'ok', word: 'Can be read' },
  False: { icon: CircleX, tone: 'bad', word: 'Cannot be read' },
  Unknown: { icon: CircleDashed, tone: 'quiet', word: 'Not read yet' },
};

function Health({ registry }: { readonly registry: Registry }) {
  const ready = registry.status?.conditions.find(({ type }) => type === 'Ready');
  return (
    <p className="row wrap">
      <Status {...TONES[ready?.status ?? 'Unknown']} />
      {ready?.status === 'False' && <span>{ready.message}</span>}
    </p>
  );
}
