import type { LayerValues, Variable } from '@slipway/model';
import { Empty, Panel, Skeleton } from '@slipway/ui';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { SquareDashed } from 'lucide-react';
import { useId, useMemo, useState } from 'react';
import { parse, stringify } from 'yaml';
import { YamlForm } from '../../forms/schema-form.tsx';
import type { Cluster } from '../../hub/objects.ts';
import { type PlacedProfile, useProfiles, versionAt } from '../../hub/profiles.ts';
import type { OpenApi } from '../../yaml/schema.ts';
import { VariableInputs } from '../create-cluster/variable-inputs.tsx';
import { Problem } from '../problem-pages.tsx';
import { LayerShown, Origins } from './rendered-layer.tsx';
import { shownLayer } from './rendered-rows.ts';
import { candidatesOf, type OtherVersion, otherVersions, type Rendered, useRendered } from './use-rendered.ts';

const NO_SCHEMAS: OpenApi = { components: { schemas: {} } };

/** What each layer of the cluster is told, now or as it would be with another version or other variables, and who says so. */
export function RenderedValues({ cluster }: { readonly cluster: Cluster }) {
  const { layer: asked, as, defaults } = useSearch({ from: '/clusters/list/$in/$name' });
  const { profiles } = useProfiles(cluster.metadata.namespace ?? '');
  const [tried, setTried] = useState(() => stringify({ spec: { variables: cluster.spec.variables } }));
  const others = otherVersions(cluster, profiles);
  const other = others.find(({ text }) => text === as);
  const variables = useMemo(() => variablesIn(tried), [tried]);
  const objects = candidatesOf(cluster, { ...other, variables });
  const now = useRendered(cluster, { defaults: defaults !== undefined });
  const would = useRendered(cluster, { objects, defaults: defaults !== undefined, idle: objects === undefined });
  const rendered = objects === undefined ? now : would;
  const layer = rendered.values === undefined ? undefined : shownLayer(rendered.values, asked);
  const before = objects === undefined ? undefined : now.values?.layers.find(({ name }) => name === layer?.name);
  return (
    <Panel title="Rendered values" flush aside={<span className="quiet small">what the cluster is told, secrets masked</span>}>
      <Choices others={others} other={other} layer={layer} names={(rendered.values?.layers ?? []).map(({ name }) => name)} />
      <TryVariables declared={declaredIn(cluster, profiles, other)} text={tried} onText={setTried} />
      <Answer cluster={cluster} rendered={rendered} layer={layer} before={before} />
    </Panel>
  );
}

const variablesIn = (text: string): Readonly<Record<string, unknown>> =>
  (parse(text) as { spec: { variables?: Record<string, unknown> } }).spec.variables ?? {};

/** The variables of the version that is looked at, a draft's too. */
function declaredIn({ spec }: Cluster, profiles: readonly PlacedProfile[], other: OtherVersion | undefined): readonly Variable[] {
  const ref = other?.ref ?? spec.profile;
  const found = other?.profile?.spec.versions.find(({ version }) => version === ref.version) ?? versionAt(profiles, ref);
  return found?.variables ?? [];
}

function Choices(props: {
  readonly others: readonly OtherVersion[];
  readonly other: OtherVersion | undefined;
  readonly layer: LayerValues | undefined;
  readonly names: readonly string[];
}) {
  const { defaults } = useSearch({ from: '/clusters/list/$in/$name' });
  const navigate = useNavigate({ from: '/clusters/list/$in/$name' });
  const id = useId();
  const change = (part: { layer?: string; as?: string | undefined; defaults?: 'yes' | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...part }), replace: true });
  return (
    <div className="row wrap rendered-bar">
      <span className="row small">
        <label htmlFor={`${id}-layer`}>Layer</label>
        <select
          id={`${id}-layer`}
          className="field"
          value={props.layer?.name ?? ''}
          onChange={({ target }) => change({ layer: target.value })}
        >
          {props.layer === undefined && <option value="">–</option>}
          {props.names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </span>
      <span className="row small">
        <label htmlFor={`${id}-as`}>As</label>
        <select
          id={`${id}-as`}
          className="field"
          value={props.other?.text ?? ''}
          onChange={({ target }) => change({ as: target.value === '' ? undefined : target.value })}
        >
          <option value="">it is now</option>
          {props.others.map(({ text, draft }) => (
            <option key={text} value={text}>
              with {text}
              {draft ? ' (draft)' : ''}
            </option>
          ))}
        </select>
      </span>
      <label className="row small">
        <input
          type="checkbox"
          checked={defaults !== undefined}
          onChange={({ target }) => change({ defaults: target.checked ? 'yes' : undefined })}
        />
        With what charts say themselves
      </label>
    </div>
  );
}

/** The fields of "Create cluster", but for secrets: whatever they go into is masked anyway. */
function TryVariables(props: { readonly declared: readonly Variable[]; readonly text: string; readonly onText: (text: string) => void }) {
  const declared = props.declared.filter(({ type }) => type !== 'secret');
  if (declared.every(({ hidden, readOnly }) => hidden || readOnly)) return null;
  return (
    <details className="rendered-try">
      <summary>Try other values of variables</summary>
      <YamlForm document={NO_SCHEMAS} text={props.text} onText={props.onText} problems={[]}>
        <VariableInputs variables={declared} />
      </YamlForm>
    </details>
  );
}

function Answer(props: {
  readonly cluster: Cluster;
  readonly rendered: Rendered;
  readonly layer: LayerValues | undefined;
  readonly before: LayerValues | undefined;
}) {
  const { cluster, rendered, layer, before } = props;
  const { layer: asked } = useSearch({ from: '/clusters/list/$in/$name' });
  if (rendered.problem !== undefined)
    return (
      <div className="panel-body">
        <Problem error={rendered.problem} />
      </div>
    );
  if (rendered.values === undefined)
    return (
      <div className="panel-body">
        <Skeleton lines={8} />
      </div>
    );
  if (layer === undefined)
    return (
      <Empty icon={SquareDashed} title={asked === undefined ? 'No layers yet' : `There is no layer “${asked}”`}>
        <p>Choose one of those that there are.</p>
      </Empty>
    );
  return (
    <>
      <LayerShown cluster={cluster} layer={layer} now={before} />
      <Origins values={rendered.values} />
    </>
  );
}
