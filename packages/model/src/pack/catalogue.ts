import { sha256Hex } from '@slipway/kit';
import { prerelease, rcompare, valid } from 'semver';
import { compact } from '../meta/compact.ts';
import { suitsInAnnotations } from './annotations.ts';
import { CATALOGUED_VERSIONS, type MovedVersion, type PackSpec, type PackStatus, type PackVersion } from './pack.ts';

/** One version of a pack as its registry lists it now. */
export type ListedPackVersion = Omit<PackVersion, 'withdrawn' | 'kubernetes' | 'architectures'> & {
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  /** As Chart.yaml calls it. */
  readonly kubeVersion?: string | undefined;
};

export interface ListedPackInput {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly ListedPackVersion[];
  readonly more?: boolean | undefined;
}

export interface CataloguedPack {
  readonly spec: PackSpec;
  readonly status: PackStatus;
  /** What has moved since the last look: worth an event. */
  readonly news: readonly MovedVersion[];
}

/**
 * The next entry of the catalogue: what a registry lists now beside what was known of it. A version is what it was when it was seen first; one that was replaced since is
 * noted and not followed, one that vanished is kept as withdrawn, so that its return with other content is noticed too. Pure.
 */
export function cataloguedPack(
  old: { readonly spec: PackSpec; readonly status?: PackStatus | undefined } | undefined,
  listed: ListedPackInput,
  { registry, now }: { readonly registry: string; readonly now: string },
): CataloguedPack {
  const known = new Map((old?.spec.versions ?? []).map((version) => [version.version, version]));
  const noted = new Map((old?.status?.moved ?? []).map((one) => [one.version, one]));
  const moved: MovedVersion[] = [];
  const news: MovedVersion[] = [];
  const versions = listed.versions.map(({ annotations, kubeVersion, ...version }): PackVersion => {
    const before = known.get(version.version);
    known.delete(version.version);
    if (before?.digest === undefined || version.digest === undefined || before.digest === version.digest)
      return compact({
        ...version,
        ...suitsOf({ annotations, kubeVersion, manifestDigest: version.manifestDigest }, before),
      }) as PackVersion;
    const note = noted.get(version.version);
    const same = note?.found === version.digest;
    const one = { version: version.version, digest: before.digest, found: version.digest, at: same ? note.at : now };
    moved.push(one);
    if (!same) news.push(one);
    // Everything said of it is of the content that is kept.
    const { withdrawn: _withdrawn, ...kept } = before;
    return kept;
  });
  const withdrawn = [...known.values()].map((version) => ({ ...version, withdrawn: true }));
  // What was moved and then withdrawn stays noted.
  for (const { version } of withdrawn) if (noted.has(version)) moved.push(noted.get(version) as MovedVersion);
  const all = [...versions, ...withdrawn].slice(0, 2 * CATALOGUED_VERSIONS);
  const latest = newestRelease(versions.map(({ version }) => version));
  const newest = listed.versions.find(({ version }) => version === latest);
  const spec = compact({
    registry,
    name: listed.name,
    description: newest?.description,
    ...wordsOf(newest, old?.spec),
    latest,
    versions: all,
    more: listed.more === true,
  }) as PackSpec;
  const accepted = old?.status?.accepted;
  return { spec, status: { moved, ...(accepted === undefined ? {} : { accepted }) }, news };
}

/** What a version says it works with. A manifest that is known is not read again; what it said is known. */
function suitsOf(
  { annotations, kubeVersion, manifestDigest }: Pick<ListedPackVersion, 'annotations' | 'kubeVersion' | 'manifestDigest'>,
  before: PackVersion | undefined,
): Pick<PackVersion, 'kubernetes' | 'architectures'> {
  const unread = annotations === undefined && manifestDigest !== undefined && manifestDigest === before?.manifestDigest;
  const said = suitsInAnnotations(annotations ?? {});
  return {
    kubernetes: said.kubernetes ?? kubeVersion ?? (unread ? before.kubernetes : undefined),
    architectures: said.architectures ?? (unread ? before.architectures : undefined),
  };
}

/** What the newest version says of the pack. A manifest that is known is not read again and says nothing of itself; what it said is known. */
function wordsOf(newest: ListedPackVersion | undefined, old: PackSpec | undefined): Pick<PackSpec, 'displayName' | 'layer' | 'deprecated'> {
  const text = (name: string): string | undefined => newest?.annotations?.[`slipway.dev/${name}`]?.slice(0, 200);
  const kept = newest !== undefined && old !== undefined && wasNotRead(newest, old) ? old : undefined;
  return {
    displayName: text('display-name') ?? kept?.displayName,
    layer: text('layer') ?? kept?.layer,
    deprecated: newest?.deprecated === true || text('deprecated') === 'true' || kept?.deprecated === true,
  };
}

function wasNotRead(newest: ListedPackVersion, { latest, versions }: PackSpec): boolean {
  const before = versions.find(({ version }) => version === latest);
  return (
    newest.annotations === undefined &&
    newest.version === before?.version &&
    newest.manifestDigest !== undefined &&
    newest.manifestDigest === before.manifestDigest
  );
}

/** A pack that its registry no longer lists. */
export function withdrawnPack(spec: PackSpec): PackSpec {
  const { latest: _latest, ...rest } = spec;
  return { ...rest, versions: spec.versions.map((version) => ({ ...version, withdrawn: true })) };
}

/** The name of the object: `<registry>.<pack>` where that can be a name, and else one like it that no other pack has. */
export function packObjectName(registry: string, pack: string): string {
  const wanted = `${registry}.${pack}`;
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(wanted) && !wanted.includes('..')) return wanted;
  const like = pack
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${registry}.${like.slice(0, 150)}-${sha256Hex(pack).slice(0, 10)}`.replace('.-', '.');
}

const LOOSE = { loose: true } as const;

/** Newest first; what is no version comes last, by its letters. */
export function newestFirst(versions: readonly string[]): string[] {
  const known = versions.filter((version) => valid(version, LOOSE) !== null);
  const others = versions.filter((version) => valid(version, LOOSE) === null);
  return [...known.toSorted((a, b) => rcompare(a, b, LOOSE)), ...others.toSorted().toReversed()];
}

/** The newest release, or the newest of all where nothing is released. */
export function newestRelease(versions: readonly string[]): string | undefined {
  const sorted = newestFirst(versions);
  return sorted.find((version) => valid(version, LOOSE) !== null && prerelease(version, LOOSE) === null) ?? sorted[0];
}
