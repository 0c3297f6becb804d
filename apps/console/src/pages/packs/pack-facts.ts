import type { PackSpec } from '@slipway/model';
import { inRange } from '@slipway/model/browser-profiles';

export const packTitle = ({ displayName, name }: Pick<PackSpec, 'displayName' | 'name'>): string =>
  displayName === undefined || displayName === name ? name : `${displayName} (${name})`;

/** Whether the newest release says that it works with a version of Kubernetes; one that says nothing is not refused. */
export function suitsVersion({ latest, versions }: PackSpec, kubernetes: string | undefined): boolean {
  const range = versions.find(({ version }) => version === latest)?.kubernetes;
  return range === undefined || kubernetes === undefined || inRange(kubernetes, range);
}

/** Whether the newest release says that it works on such machines; one that names none works on all. */
export function suitsArchitecture({ latest, versions }: PackSpec, architecture: string | undefined): boolean {
  const named = versions.find(({ version }) => version === latest)?.architectures;
  return architecture === undefined || named === undefined || named.includes(architecture);
}

/** What packs are narrowed by, as it stands in the address. */
export interface PackFilter {
  readonly q?: string | undefined;
  readonly type?: string | undefined;
  readonly arch?: string | undefined;
  readonly registry?: string | undefined;
  /** A version of Kubernetes. */
  readonly suits?: string | undefined;
}

/** The packs that every part of a filter lets through, by name. */
export const packsThrough = <P extends { readonly spec: PackSpec }>(
  packs: readonly P[],
  { q = '', type, arch, registry, suits }: PackFilter,
): readonly P[] => {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return packs
    .filter(({ spec }) => type === undefined || (spec.layer ?? 'addon') === type)
    .filter(({ spec }) => registry === undefined || spec.registry === registry)
    .filter(({ spec }) => suitsVersion(spec, suits) && suitsArchitecture(spec, arch))
    .filter(({ spec }) => {
      const text = `${spec.name} ${spec.displayName ?? ''} ${spec.description ?? ''} ${spec.registry}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .toSorted((a, b) => a.spec.name.localeCompare(b.spec.name));
};

/** Machines that there are; what packs name besides is offered too. */
export const architecturesIn = (packs: readonly { readonly spec: PackSpec }[]): readonly string[] =>
  [
    ...new Set(['amd64', 'arm64', ...packs.flatMap(({ spec }) => spec.versions.flatMap(({ architectures = [] }) => architectures))]),
  ].toSorted();
