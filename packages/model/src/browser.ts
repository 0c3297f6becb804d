// What a page takes of the model: words and addresses, without the schemas, which are too large for a first page.
export * from './cluster/can.ts';
export * from './cluster/labels.ts';
export * from './cluster/usual-times.ts';
export * from './drift/adopt.ts';
export * from './drift/drift-match.ts';
export * from './drift/drift-path.ts';
export * from './drift/drift-patches.ts';
export * from './meta/group.ts';
export * from './meta/value-path.ts';
export * from './meta/diff.ts';
export * from './cluster-profile/variable-words.ts';
export * from './overrides/conflicts.ts';
export * from './overrides/move.ts';
export * from './pack/compare-versions.ts';
