/** One version of a pack as a registry lists it. */
export interface ListedVersion {
  readonly version: string;
  /** Of the archive, where the registry says it. */
  readonly digest?: string | undefined;
  /** Of the OCI manifest. */
  readonly manifestDigest?: string | undefined;
  readonly description?: string | undefined;
  readonly appVersion?: string | undefined;
  readonly kubeVersion?: string | undefined;
  readonly created?: string | undefined;
  readonly deprecated?: boolean | undefined;
  /** Where the registry has keys. */
  readonly signedBy?: string | undefined;
  readonly unsigned?: string | undefined;
  /** Annotations of ours (`slipway.dev/…`). */
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

export interface ListedPack {
  readonly name: string;
  readonly versions: readonly ListedVersion[];
  /** There are more than are listed. */
  readonly more?: boolean;
}

export interface Catalogue {
  readonly packs: readonly ListedPack[];
  /** Equal means that nothing changed. */
  readonly revision?: string | undefined;
  /** What could not be read, for people. */
  readonly remarks: readonly string[];
}

export interface PackRef {
  readonly name: string;
  readonly version: string;
  /** Of the archive, where it is known: a mirror that gives something else is passed over. */
  readonly digest?: string | undefined;
}

export interface FetchedPack {
  /** gzip of a tar. */
  readonly archive: Buffer;
  /** Of the OCI manifest that named it. */
  readonly manifestDigest?: string | undefined;
  /** By which key its manifest is signed; `undefined` when nothing was checked. */
  readonly signature?: { readonly signedBy?: string; readonly problem?: string } | undefined;
}

/** What a sync knows of a registry from before, so that unchanged tags need not be read again. */
export interface KnownCatalogue {
  readonly revision?: string | undefined;
  find(pack: string, version: string): ListedVersion | undefined;
}

/** One registry, whatever its type. Made for a use and then forgotten; holds nothing open. */
export interface RegistrySource {
  /** `OCI registry "corp"`, for errors. */
  readonly from: string;
  /** Everything it has; undefined when its revision is still the known one. */
  catalogue(known: KnownCatalogue): Promise<Catalogue | undefined>;
  /** The archive of one version, checked against what the registry itself promised. `NotFound` names what there is. */
  fetch(ref: PackRef): Promise<FetchedPack>;
}

/** Bounds on a catalogue, so that no registry fills the database. */
export const CATALOGUE_LIMITS = { packs: 2000, versions: 200, text: 500 } as const;

export const shortened = (text: string | undefined): string | undefined =>
  text === undefined || text.length <= CATALOGUE_LIMITS.text ? text : `${text.slice(0, CATALOGUE_LIMITS.text - 1)}…`;

export const bareVersion = (version: string): string => version.replace(/^v/, '');

/** By exact words, else without regard to a leading `v`. */
export const versionIn = <T extends { readonly version: string }>(versions: readonly T[], wanted: string): T | undefined =>
  versions.find(({ version }) => version === wanted) ?? versions.find(({ version }) => bareVersion(version) === bareVersion(wanted));

/** Some of the versions there are, for a hint. */
export function hintOfVersions(versions: readonly string[]): string {
  if (versions.length === 0) return 'It has none.';
  const some = versions.slice(0, 5);
  return `It has: ${some.join(', ')}${versions.length > some.length ? ', …' : ''}.`;
}
