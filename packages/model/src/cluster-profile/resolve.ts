import { canonicalJson, sha256Hex } from '@slipway/kit';
import { refuseIf } from '../meta/causes.ts';
import type { ResolveInput } from './resolve-input.ts';
import { resolveStack } from './resolve-stack.ts';
import type { ResolvedProfile, ResolveResult } from './resolved.ts';

/**
 * What a cluster with these profiles and variables is made of: variables checked and filled in, values merged, manifests parsed, layers in install order. Pure, total and
 * bounded: problems are causes with the path of the field and what would be right.
 *
 * @example resolve({ profiles: [{ ref: cluster.spec.profile, version: profile.spec.versions[0] }], variables: { replicas: 2 } })
 */
export function resolve(input: ResolveInput): ResolveResult {
  const [first] = input.profiles;
  // Only what is frozen through and through (a store that shares its objects freezes them) is certain to give the same answer again.
  if (first === undefined || !input.profiles.every(({ version }) => Object.isFrozen(version))) return resolveStack(input);
  const known = answers.get(first.version) ?? new Map<string, ResolveResult>();
  const key = keyOf(input);
  const answer = known.get(key) ?? resolveStack(input);
  if (known.size >= REMEMBERED) known.clear();
  answers.set(first.version, known.set(key, answer));
  return answer;
}

/** Merging and filling in a large profile takes long, and one change of a cluster asks several times. Answers live as long as their profile version. */
const answers = new WeakMap<object, Map<string, ResolveResult>>();
/** Answers kept per profile version: of clusters that differ in what they give. */
const REMEMBERED = 20;

const identities = new WeakMap<object, number>();
let lastIdentity = 0;
function identityOf(value: object): number {
  const known = identities.get(value);
  if (known !== undefined) return known;
  identities.set(value, ++lastIdentity);
  return lastIdentity;
}

/** A digest, because what goes in may be secret. */
function keyOf({ profiles, packs, ...rest }: ResolveInput): string {
  const versions = profiles.map(({ ref, version, path }) => [ref, path ?? '', identityOf(version)]);
  const known = [...(packs ?? [])].map(([key, pack]) => [key, pack.digest]);
  return sha256Hex(canonicalJson([versions, known, JSON.parse(JSON.stringify(rest))]));
}

/** As {@link resolve}, but throws `Invalid` that names every cause. */
export function resolveProfile(input: ResolveInput): ResolvedProfile {
  const result = resolve(input);
  const [first] = input.profiles;
  if (!result.ok) refuseIf(`Profile ${first?.ref.name}@${first?.version.version}`, result.causes);
  return (result as { profile: ResolvedProfile }).profile;
}
