export { type Chart, CHART_LIMITS, type ChartLimits, packChart, readChart } from './chart-archive.ts';
export * from './helm.ts';
export * from './pack-resolver.ts';
export * from './pins.ts';
