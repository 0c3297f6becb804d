/** Media types of what lies in OCI registries: helm's own for charts, and ours. */
export const MEDIA = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  empty: 'application/vnd.oci.empty.v1+json',
  chartConfig: 'application/vnd.cncf.helm.config.v1+json',
  chartLayer: 'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
  chartProvenance: 'application/vnd.cncf.helm.chart.provenance.v1.prov',
  /** A set of Kubernetes manifests with an optional `slipway.yaml`. */
  manifestsConfig: 'application/vnd.slipway.manifests.config.v1+json',
  manifestsLayer: 'application/vnd.slipway.manifests.content.v1.tar+gzip',
  /** An exported cluster profile. */
  profileConfig: 'application/vnd.slipway.profile.config.v1+json',
  profileLayer: 'application/vnd.slipway.profile.content.v1+yaml',
  /** cosign's payload. */
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  cosignSignature: 'application/vnd.dev.cosign.artifact.sig.v1+json',
} as const;

/** What kind of pack a layer of this type is. */
export const PACK_LAYERS: Readonly<Record<string, 'chart' | 'manifests'>> = {
  [MEDIA.chartLayer]: 'chart',
  // Helm 3.7 and before.
  'application/tar+gzip': 'chart',
  [MEDIA.manifestsLayer]: 'manifests',
};
