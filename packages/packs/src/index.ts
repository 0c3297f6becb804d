export { type Chart, CHART_LIMITS, type ChartLimits, packChart, readChart } from './chart-archive.ts';
export * from './helm.ts';
export * from './pack-resolver.ts';
export * from './pins.ts';
export { createSource, type EmbeddedEndpoint, type RegistryRef, type SourceDeps } from './registries/create-source.ts';
export { type AllowedFolders, allowedFolders } from './registries/file-tree.ts';
export { createReach, type Reach } from './registries/reach.ts';
