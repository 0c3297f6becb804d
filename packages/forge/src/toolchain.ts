/** `layer` is a part of images, never needed by callers. */
export type ArtifactKind = 'binary' | 'oci-layout' | 'rootfs' | 'chart' | 'manifest' | 'directory' | 'layer';

/** What a piece of the toolchain is, once made and verified. */
export interface Artifact {
  readonly name: string;
  /** `sha256:…` of the file, or of an OCI layout's index.json. */
  readonly digest: string;
  /** A file, an OCI layout directory, or a directory tree. */
  readonly path: string;
  readonly kind: ArtifactKind;
  /** For OCI layouts: the image names containerd and kubeadm know it by. */
  readonly names?: readonly string[];
}

export interface Progress {
  /** `kubernetes-1.35`, `image/coredns`, … */
  readonly piece: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed' | 'cached';
  /** What it does now: "compiling k8s.io/client-go/… (812 of 2809 packages)". */
  readonly detail: string;
  /** 0..1 where known. */
  readonly fraction?: number;
  readonly elapsedMs: number;
}

/**
 * The Kubernetes toolchain: where each piece comes from (content bundle, official release, Go modules), kept by digest in a cache outside the
 * checkout, verified before use.
 */
export interface Toolchain {
  /** Every piece by name. */
  pieces(): readonly string[];
  /** Makes (or finds in the cache) the named pieces and what they need; one failed piece names itself and why. Safe to interrupt and repeat, and from several processes at once. */
  ensure(
    names: readonly string[],
    options?: { onProgress?: (progress: Progress) => void; signal?: AbortSignal },
  ): Promise<ReadonlyMap<string, Artifact>>;
  /** The piece if it is already there, verified; never builds. */
  find(name: string): Promise<Artifact | undefined>;
  /** Names of the pieces that a cluster of this Kubernetes version (`v1.35.4`) needs, images included. */
  forKubernetes(version: string): readonly string[];
  /** Kubernetes versions that can be made, oldest first: `['v1.35.4', 'v1.36.3']`. */
  kubernetesVersions(): readonly string[];
}
