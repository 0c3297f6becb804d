import type { FieldCause } from '@slipway/kit/errors';
import type { Layer } from '@slipway/model';
import {
  Box,
  CircleArrowUp,
  CircleCheck,
  CircleDashed,
  CircleDot,
  CircleX,
  Container,
  Cpu,
  HardDrive,
  type LucideIcon,
  Network,
  Replace,
  ShieldOff,
  TriangleAlert,
} from 'lucide-react';
import { contentText, type LayerUse, type PinnedPack, statesText } from './layer-facts.ts';

export const LAYER_ICONS: Readonly<Record<Layer['type'], LucideIcon>> = {
  os: Cpu,
  kubernetes: Container,
  cni: Network,
  csi: HardDrive,
  addon: Box,
};

export const LAYER_WORDS: Readonly<Record<Layer['type'], string>> = {
  os: 'Operating system',
  kubernetes: 'Kubernetes',
  cni: 'Network',
  csi: 'Storage',
  addon: 'Add-on',
};

const Mark = ({ icon: Icon, tone, children }: { icon: LucideIcon; tone: string; children: string }) => (
  <span className="mark">
    <Icon size={13} className={`tone-${tone}`} aria-hidden />
    {children}
  </span>
);

/** What a layer is and how it stands: content, digest, update, problems, clusters. */
export function LayerMarks(props: {
  readonly layer: Layer;
  readonly at: number;
  readonly pinned: PinnedPack | undefined;
  readonly uses: readonly LayerUse[];
  readonly causes: readonly FieldCause[];
}) {
  const { layer, at, pinned, uses, causes } = props;
  const Icon = LAYER_ICONS[layer.type];
  const overrides = uses.filter(({ overridden }) => overridden).length;
  return (
    <>
      <span className="layer-main">
        <Icon size={16} className="quiet" aria-hidden />
        <span className="visually-hidden">Layer {at + 1}:</span>
        <strong className="clip">{layer.displayName ?? layer.name}</strong>
        <span className="quiet small">{LAYER_WORDS[layer.type]}</span>
      </span>
      <span className="layer-content small">
        <span className="mono">{contentText(layer)}</span>
        <Digest layer={layer} pinned={pinned} />
      </span>
      <span className="marks small">
        {causes.length > 0 && (
          <Mark icon={CircleX} tone="bad">
            {`${causes.length} ${causes.length === 1 ? 'problem' : 'problems'}`}
          </Mark>
        )}
        {pinned?.newer !== undefined && (
          <Mark icon={CircleArrowUp} tone="busy">
            {`${pinned.newer} is there`}
          </Mark>
        )}
        {pinned?.moved !== undefined && (
          <Mark icon={Replace} tone="warn">
            replaced in its registry
          </Mark>
        )}
        {pinned?.version?.withdrawn === true && (
          <Mark icon={TriangleAlert} tone="warn">
            withdrawn
          </Mark>
        )}
        {pinned?.version?.unsigned !== undefined && (
          <Mark icon={ShieldOff} tone="warn">
            not signed
          </Mark>
        )}
        {overrides > 0 && (
          <Mark icon={CircleDot} tone="warn">
            {`overridden in ${overrides} ${overrides === 1 ? 'cluster' : 'clusters'}`}
          </Mark>
        )}
        {uses.length > 0 && (
          // Only where all are ready there is a tick to it.
          <Mark icon={uses.every(({ state }) => state === 'Ready') ? CircleCheck : CircleDashed} tone="quiet">
            {statesText(uses)}
          </Mark>
        )}
      </span>
    </>
  );
}

function Digest({ layer, pinned }: { readonly layer: Layer; readonly pinned: PinnedPack | undefined }) {
  if (layer.builtin !== undefined) return <span className="quiet">comes with the machine</span>;
  if (layer.chart === undefined) return <span className="quiet">written in the profile</span>;
  const digest = pinned?.version?.digest;
  if (digest === undefined)
    return <span className="quiet">{pinned?.version === undefined ? 'not in the catalogue' : 'pinned when it is first used'}</span>;
  return (
    <span className="quiet mono" title={digest}>
      {digest.slice(0, 19)}…
    </span>
  );
}
