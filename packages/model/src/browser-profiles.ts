// What the pages of profiles and packs take of the model; loaded with them, not with the first page.
export { LAYER_TYPES } from './cluster-profile/layer-types.ts';
export { fullDependencies } from './cluster-profile/order.ts';
export { effectiveOrder, moveLayer } from './cluster-profile/reorder.ts';
export { deepEqual } from './meta/diff.ts';
export { inRange } from './pack/version-range.ts';
export * from './cluster-profile/cluster-facts.ts';
export * from './cluster-profile/variable-types.ts';
export * from './cluster-profile/variable-uses.ts';
export * from './template/function-signatures.ts';
export { blankReferences } from './template/hidden-references.ts';
export { profileText } from './cluster-profile/profile-text.ts';
export * from './rendered-values/origin-words.ts';
export { laidOver } from './overrides/standing.ts';
export { pathsOf } from './overrides/three-way.ts';
