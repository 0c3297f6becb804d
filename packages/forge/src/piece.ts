import type { ArtifactKind } from './toolchain.ts';

/** One Go main package of a wrapper module in `distro/` and the name of the program it becomes. */
export interface GoProgram {
  readonly package: string;
  readonly output: string;
}

/** Compiled from a wrapper module: `distro/<module>`. One program gives a binary, several a directory. */
export interface GoRecipe {
  readonly type: 'go';
  readonly module: string;
  readonly programs: readonly GoProgram[];
  /** Package variables set by the linker, `<package>.<variable>=<value>`. */
  readonly set?: readonly string[];
  /** A reviewed list of waiting times (`distro/<module>/<file>`) applied to a copy of `of` before it is compiled. */
  readonly waits?: ReviewedChanges;
  /** Other reviewed changes, in the same way. */
  readonly changes?: ReviewedChanges;
}

/** `distro/<module>/<file>` says what is changed in a copy of module `of` before it is compiled, and why. */
interface ReviewedChanges {
  readonly file: string;
  readonly of: string;
}

export const changesOf = ({ waits, changes }: GoRecipe): ReviewedChanges | undefined => waits ?? changes;

/** Where the files of an image layer come from. Paths are relative to the image's root. */
export type LayerSource =
  | { readonly from: 'piece'; readonly piece: string; readonly path: string }
  | { readonly from: 'link'; readonly path: string; readonly to: string }
  | { readonly from: 'directory'; readonly path: string; readonly mode?: number; readonly uid?: number }
  | { readonly from: 'text'; readonly path: string; readonly content: string }
  /** Files of Debian packages (no maintainer scripts are run); `only` keeps paths that match one of these expressions. */
  | { readonly from: 'debian'; readonly packages: readonly string[]; readonly only?: readonly string[] }
  /** The certificates of Debian's ca-certificates as one PEM file. */
  | { readonly from: 'ca-bundle'; readonly path: string }
  /** The Node binary that the workspace itself runs on (`node_modules/node`). */
  | { readonly from: 'node'; readonly path: string };

interface LayerRecipe {
  readonly type: 'layer';
  readonly files: readonly LayerSource[];
}

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
}

interface ImageSpec {
  readonly names: readonly string[];
  /** Names of layer pieces, lowest first. */
  readonly layers: readonly string[];
  readonly config: ImageConfig;
}

/** One OCI layout with one or more images, which share the layers they have in common. */
interface ImageRecipe {
  readonly type: 'image';
  readonly images: readonly ImageSpec[];
}

/** A program of this checkout: fixed layers below, its bundle on top. */
interface ProgramImageRecipe {
  readonly type: 'program-image';
  readonly repository: string;
  /** Without one the tag is the digest of what is in it. */
  readonly tag?: string;
  readonly layers: readonly string[];
  /** TypeScript entry point, relative to the checkout. */
  readonly entry: string;
  readonly path: string;
  readonly config: ImageConfig;
}

/** Cluster API's manifests, rendered from the module's own `config/default` directories. */
interface ComponentsRecipe {
  readonly type: 'components';
  readonly module: string;
  readonly of: string;
  readonly parts: readonly string[];
  readonly kubectl: string;
  /** Images by the last part of the name the source tree gives them. */
  readonly images: Readonly<Record<string, string>>;
}

type Recipe = GoRecipe | LayerRecipe | ImageRecipe | ProgramImageRecipe | ComponentsRecipe;

/** A file of an official release. `{version}` (with v), `{bare}` (without) and `{arch}` are replaced. */
export interface ReleaseFile {
  /** Below the base of a mirror (`SLIPWAY_RELEASES`); its checksum is `<path>.sha256`. */
  readonly path: string;
  /** Where the project itself publishes it. */
  readonly upstream?: { readonly url: string; readonly checksum: string };
  /** For a tar.gz: members taken out of it and the names they get. */
  readonly unpack?: readonly { readonly member: string; readonly output: string }[];
}

export interface Piece {
  readonly name: string;
  readonly version: string;
  readonly kind: ArtifactKind;
  readonly recipe: Recipe;
  readonly release?: ReleaseFile;
}

/** Names of the pieces that this one is made from, each once. */
export function requirementsOf(piece: Piece): string[] {
  const { recipe } = piece;
  switch (recipe.type) {
    case 'go':
      return [];
    case 'layer':
      return [...new Set(recipe.files.flatMap((file) => (file.from === 'piece' ? [file.piece] : [])))];
    case 'image':
      return [...new Set(recipe.images.flatMap((image) => image.layers))];
    case 'program-image':
      return [...new Set(recipe.layers)];
    case 'components':
      return [recipe.kubectl];
  }
}
