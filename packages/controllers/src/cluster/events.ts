import { keptWords, type ClusterStatus, type DriftFact, type KeptFact } from '@slipway/model';
import type { EventInput } from '@slipway/runtime';

type News = Omit<EventInput, 'regarding'>;

/** What happened between two statuses besides changes of conditions: layers that failed or came back, drift found and healed, what a removal left. Pure. */
export function clusterNews(old: ClusterStatus | undefined, next: ClusterStatus): News[] {
  return [...layerNews(old, next), ...driftNews(old?.drift ?? [], next.drift), ...keptNews(old?.kept ?? [], next.kept)];
}

function layerNews(old: ClusterStatus | undefined, next: ClusterStatus): News[] {
  return next.layers.flatMap((layer): News[] => {
    const before = old?.layers.find((candidate) => candidate.name === layer.name)?.state;
    if (before === layer.state) return [];
    if (layer.state === 'Failed') {
      return [{ type: 'Warning', reason: 'LayerFailed', message: `Layer ${layer.name} failed: ${layer.message || layer.reason}` }];
    }
    if (layer.state !== 'Ready' || before === undefined) return [];
    const version = layer.version === undefined ? '' : ` (${layer.version})`;
    return [{ type: 'Normal', reason: 'LayerReady', message: `Layer ${layer.name} is ready${version}.` }];
  });
}

const driftKey = (drift: DriftFact): string =>
  JSON.stringify([drift.layer, drift.object.kind, drift.object.namespace, drift.object.name, drift.detectedAt]);

function driftNews(old: readonly DriftFact[], next: readonly DriftFact[]): News[] {
  return next.flatMap((drift): News[] => {
    const before = old.find((candidate) => driftKey(candidate) === driftKey(drift));
    const where = `${drift.object.kind} ${drift.object.namespace ? `${drift.object.namespace}/` : ''}${drift.object.name} of layer ${drift.layer}`;
    const by = drift.manager ? ` by ${drift.manager}` : '';
    const found: News = { type: 'Warning', reason: 'DriftFound', message: `${where} was ${drift.type.toLowerCase()}${by}${paths(drift)}.` };
    const healed: News = { type: 'Normal', reason: 'DriftHealed', message: `${where} was put right.` };
    return [...(before ? [] : [found]), ...(drift.state === 'Healed' && before?.state !== 'Healed' ? [healed] : [])];
  });
}

/** Paths only: values may be secret. */
const paths = ({ diff }: DriftFact): string =>
  diff.length === 0
    ? ''
    : `: ${diff
        .slice(0, 5)
        .map((field) => field.path)
        .join(', ')}${diff.length > 5 ? ', …' : ''}`;

/** Once per removal: the list shrinks later, as people clear it up. */
const keptNews = (old: readonly KeptFact[], next: readonly KeptFact[]): News[] =>
  next
    .filter((fact) => !old.some((before) => before.layer === fact.layer && before.at === fact.at))
    .map((fact) => ({ type: 'Warning', reason: 'LeftBehind', message: keptWords(fact) }));
