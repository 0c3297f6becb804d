// What the pages of profiles and packs take of the model; loaded with them, not with the first page.
export { LAYER_TYPES } from './cluster-profile/layer-types.ts';
export { fullDependencies } from './cluster-profile/order.ts';
export { effectiveOrder, moveLayer } from './cluster-profile/reorder.ts';
export { deepEqual } from './meta/diff.ts';
export { inRange } from './pack/version-range.ts';
