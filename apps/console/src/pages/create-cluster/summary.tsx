import { estimateCost } from '@slipway/model/browser';
import { Panel, Status } from '@slipway/ui';
import { CircleAlert, CircleCheck, CircleDashed, LoaderCircle } from 'lucide-react';
import type { PlacedProfile } from '../../hub/profiles.ts';
import { versionAt } from '../../hub/profiles.ts';
import { usePrices } from '../../state/use-prices.ts';
import { Cost, NoPrice } from '../clusters/cost.tsx';
import { Limits } from './limits.tsx';
import { clusterOf, type Draft, type PoolText, read, type Size } from './draft.ts';
import type { Judgement } from './judge.ts';

interface SummaryProps {
  readonly draft: Draft;
  readonly profiles: readonly PlacedProfile[];
  readonly judgement: Judgement | undefined;
  readonly asking: boolean;
}

/** What is being made, at every moment. */
export function Summary({ draft, profiles, judgement, asking }: SummaryProps) {
  const { metadata, spec } = clusterOf(draft);
  const version = versionAt(profiles, spec?.profile);
  const pools = draft.pools.map((text) => read<PoolText>(text).spec ?? {});
  const control = spec?.controlPlane?.replicas ?? 1;
  return (
    <Panel title="Summary">
      <div className="stack">
        <dl className="facts">
          <dt>Name</dt>
          <dd>{metadata?.name || <span className="quiet">not given yet</span>}</dd>
          <dt>Project</dt>
          <dd>{metadata?.namespace}</dd>
          <dt>Profile</dt>
          <dd>
            {spec?.profile === undefined ? <span className="quiet">not chosen yet</span> : `${spec.profile.name} ${spec.profile.version}`}
          </dd>
          <dt>Layers</dt>
          <dd>{version === undefined ? '–' : version.layers.length}</dd>
          <dt>Control plane</dt>
          <dd>
            {control} {sizeText(spec?.controlPlane?.size)}
          </dd>
          {pools.map(({ pool, replicas, size }, index) => (
            <PoolFacts key={index} pool={pool} replicas={replicas} size={size} />
          ))}
          <dt>Price</dt>
          <dd>
            <Price draft={draft} />
          </dd>
          <Limits project={metadata?.namespace ?? 'default'} />
        </dl>
        <div role="status">
          <Verdict judgement={judgement} asking={asking} />
        </div>
      </div>
    </Panel>
  );
}

function PoolFacts({
  pool,
  replicas = 0,
  size,
}: {
  readonly pool: string | undefined;
  readonly replicas: number | undefined;
  readonly size: Size | undefined;
}) {
  return (
    <>
      <dt>{pool}</dt>
      <dd>
        {replicas} {sizeText(size)}
      </dd>
    </>
  );
}

const sizeText = ({ cpu, memoryMiB }: Size = {}): string => {
  const parts = [...(cpu === undefined ? [] : [`${cpu} CPU`]), ...(memoryMiB === undefined ? [] : [`${memoryMiB} MiB`])];
  return parts.length === 0 ? '' : `× ${parts.join(', ')}`;
};

/** Of the draft as it is now, without asking anybody. */
function Price({ draft }: { readonly draft: Draft }) {
  const { spec } = clusterOf(draft);
  const account = spec?.cloudAccount ?? 'local';
  const { pricesOf } = usePrices();
  const groups = [
    { name: 'control plane', replicas: spec?.controlPlane?.replicas ?? 1, size: spec?.controlPlane?.size ?? {} },
    ...draft.pools
      .map((text) => read<PoolText>(text).spec ?? {})
      .map(({ pool = '', replicas = 0, size = {} }) => ({ name: pool, replicas, size })),
  ];
  const cost = estimateCost(groups, pricesOf(account));
  return cost === undefined ? <NoPrice account={account} /> : <Cost cost={cost} />;
}

function Verdict({ judgement, asking }: Pick<SummaryProps, 'judgement' | 'asking'>) {
  if (judgement === undefined) return <Status icon={CircleDashed} tone="quiet" word="Not checked yet" />;
  if (asking) return <Status icon={LoaderCircle} tone="busy" word="The hub is checking…" />;
  const { problems, failure, plan } = judgement;
  if (failure !== undefined) return <Status icon={CircleAlert} tone="bad" word="Could not be checked" />;
  if (plan !== undefined) return <Status icon={CircleCheck} tone="ok" word="The hub would accept it" />;
  return (
    <Status
      icon={CircleAlert}
      tone="warn"
      word={`${problems.length} ${problems.length === 1 ? 'thing is' : 'things are'} missing or wrong`}
    />
  );
}
