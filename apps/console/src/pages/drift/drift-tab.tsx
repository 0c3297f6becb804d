import type { DriftFact } from '@slipway/model';
import { clusterCan, driftedText, isReverting, openDrift, unignorePatch } from '@slipway/model/browser';
import { Ago, Button, Empty, Notice, Panel, Status } from '@slipway/ui';
import { Cable, CircleCheck, EyeOff, Loader, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import { client } from '../../hub/session.ts';
import { Problem } from '../problem-pages.tsx';
import { DriftActions } from './drift-actions.tsx';
import { ThreeWays } from './three-ways.tsx';
import type { ToldLayers } from './wanted.ts';

/** What differs in the cluster, three ways: as it was applied, as it is live, and as the cluster's spec wants it now. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function DriftTab({ cluster }: { readonly cluster: Cluster }) {
  const open = openDrift(cluster.status?.drift ?? []);
  const told = useTold(cluster, open.length > 0);
  const reach = clusterCan.reach(cluster);
  const layers = [...new Set(open.map(({ layer }) => layer))];
  return (
    <div className="stack">
      {!reach.yes && (
        <Notice icon={Cable} tone="warn" role="status">
          <p>{reach.because} This is what it said last; what is decided here happens when it connects again.</p>
        </Notice>
      )}
      {told.error !== undefined && <Problem error={told.error} />}
      {open.length === 0 && (
        <Empty icon={CircleCheck} title="Everything is as it was applied">
          <p>
            {cluster.spec.drift === 'heal'
              ? 'What somebody changes by hand is put right within seconds.'
              : 'What somebody changes by hand is told here and left as it is, until you say what is to become of it.'}
          </p>
        </Empty>
      )}
      {layers.map((layer) => (
        <Layer key={layer} cluster={cluster} layer={layer} facts={open.filter((fact) => fact.layer === layer)} told={told.layers} />
      ))}
      <Ignored cluster={cluster} />
    </div>
  );
}

/** What the layers are told by the spec as it is now, asked for anew when that changes. */
function useTold({ metadata: { name, namespace = 'default', generation } }: Cluster, wanted: boolean) {
  const [state, setState] = useState<{ layers: ToldLayers | undefined; error: unknown }>({ layers: undefined, error: undefined });
  useEffect(() => {
    if (!wanted) return;
    const gone = new AbortController();
    const path = `/apis/slipway.dev/v1/namespaces/${encodeURIComponent(namespace)}/clusters/${encodeURIComponent(name)}/values`;
    client.request<{ readonly layers: ToldLayers }>(path, { query: { defaults: 'true' }, signal: gone.signal }).then(
      ({ layers }) => setState({ layers, error: undefined }),
      (error: unknown) => gone.signal.aborted || setState({ layers: undefined, error }),
    );
    return () => gone.abort();
  }, [name, namespace, generation, wanted]);
  return state;
}

interface LayerProps {
  readonly cluster: Cluster;
  readonly layer: string;
  readonly facts: readonly DriftFact[];
  readonly told: ToldLayers | undefined;
}

function Layer({ cluster, layer, facts, told }: LayerProps) {
  const count = facts.length === 1 ? '1 object differs' : `${facts.length} objects differ`;
  return (
    <Panel title={`Layer ${layer}`} flush aside={<span className="quiet">{count}</span>}>
      {facts.map((fact) => (
        <details key={driftedText(fact.object)} className="drift" open>
          <summary className="drift-head">
            <strong>{driftedText(fact.object)}</strong>
            {isReverting(cluster.spec, fact) || fact.policy === 'heal' ? (
              <Status icon={Loader} tone="busy" word="being put right" />
            ) : (
              <Status icon={TriangleAlert} tone="warn" word={fact.type === 'Deleted' ? 'deleted' : 'changed'} />
            )}
            <span className="quiet">
              {fact.manager === undefined ? '' : `by ${fact.manager}, `}
              <Ago time={fact.detectedAt} />
            </span>
          </summary>
          <ThreeWays cluster={cluster} fact={fact} told={told} />
          <DriftActions cluster={cluster} fact={fact} told={told?.find(({ name }) => name === layer)} />
        </details>
      ))}
    </Panel>
  );
}

function Ignored({ cluster }: { readonly cluster: Cluster }) {
  const [error, setError] = useState<unknown>();
  const rules = cluster.spec.driftIgnored ?? [];
  if (rules.length === 0) return null;
  const { name, namespace } = cluster.metadata;
  const can = clusterCan.change(cluster);
  return (
    <Panel title="Ignored" flush>
      {error !== undefined && <Problem error={error} />}
      <ul>
        {rules.map((rule) => (
          <li key={`${rule.layer}/${driftedText(rule)}/${rule.path ?? ''}`} className="drift-rule">
            <EyeOff size={15} aria-hidden />
            <span className="grow">
              {driftedText(rule)} {rule.path === undefined ? <span className="quiet">as a whole</span> : <code>{rule.path}</code>}{' '}
              <span className="quiet">of layer {rule.layer}</span>
            </span>
            <Button
              because={can.yes ? undefined : can.because}
              onClick={() =>
                void client.patch({ kind: KINDS.clusters, project: namespace, name }, unignorePatch(cluster.spec, rule)).catch(setError)
              }
            >
              See it again
            </Button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
