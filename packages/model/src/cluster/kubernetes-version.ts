export interface KubernetesVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** Parses `1.35.4` or `v1.35.4`; undefined for anything else. */
export function parseKubernetesVersion(text: string | undefined): KubernetesVersion | undefined {
  const match = /^v?(\d{1,3})\.(\d{1,4})\.(\d{1,4})$/.exec(text ?? '');
  return match ? { major: Number(match[1]), minor: Number(match[2]), patch: Number(match[3]) } : undefined;
}

/** `v1.35.4` */
export const formatKubernetesVersion = (version: KubernetesVersion): string => `v${version.major}.${version.minor}.${version.patch}`;

const compare = (a: KubernetesVersion, b: KubernetesVersion): number => a.major - b.major || a.minor - b.minor || a.patch - b.patch;

export type VersionMove = 'same' | 'patch-up' | 'patch-down' | 'minor-up' | 'minor-down' | 'too-far';

/** What kind of step it is from one version to another. */
export function versionMove(fromText: string, toText: string): VersionMove {
  const from = parseKubernetesVersion(fromText);
  const to = parseKubernetesVersion(toText);
  if (!from || !to) return 'same';
  if (compare(from, to) === 0) return 'same';
  if (from.major === to.major && from.minor === to.minor) return to.patch > from.patch ? 'patch-up' : 'patch-down';
  if (compare(to, from) < 0) return 'minor-down';
  return from.major === to.major && to.minor === from.minor + 1 ? 'minor-up' : 'too-far';
}

/**
 * Why a running cluster may not move between these versions, or undefined when it may. Mirrors Kubernetes' version skew policy: the control plane goes up one
 * minor version at a time, and never down, because etcd's contents are not converted back.
 */
export function refuseVersionMove(fromText: string, toText: string): string | undefined {
  const move = versionMove(fromText, toText);
  const from = parseKubernetesVersion(fromText);
  if (!from) return undefined;
  if (move === 'minor-down') {
    return `Kubernetes cannot go back from ${fromText} to ${toText}: a control plane never returns to an older minor version. Choose a profile version with Kubernetes ${from.major}.${from.minor}.x or ${from.major}.${from.minor + 1}.x; layers may go back to older versions.`;
  }
  if (move === 'too-far') {
    return `Kubernetes goes up one minor version at a time: from ${fromText} the next is ${from.major}.${from.minor + 1}.x, not ${toText}. Move to a profile version with ${from.major}.${from.minor + 1}.x first.`;
  }
  return undefined;
}
