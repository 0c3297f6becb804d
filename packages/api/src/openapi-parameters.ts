export type Json = { [key: string]: unknown };

const parameter = (name: string, schema: Json, description: string): Json => ({
  name,
  in: 'query',
  description,
  schema: { ...schema, uniqueItems: true },
});
const text = { type: 'string' };
const yesOrNo = { type: 'boolean' };
const count = { type: 'integer', format: 'int64', minimum: 0 };

/** `{namespace}` and `{name}`. What no object can be called is not found, so nothing is said of their form. */
export const inPath = (name: string, description: string): Json => ({ name, in: 'path', required: true, description, schema: text });

/** Of lists, and of deletions of many. */
export const SELECTORS: readonly Json[] = [
  parameter('labelSelector', { ...text, maxLength: 4096 }, 'Only objects whose labels match: a=b,c in (d,e),!f.'),
  parameter('fieldSelector', { ...text, maxLength: 4096 }, 'Only objects whose fields match: metadata.name=x.'),
];

const RESOURCE_VERSION: readonly Json[] = [
  parameter('resourceVersion', text, 'Not older than this version.'),
  parameter('resourceVersionMatch', { ...text, enum: ['NotOlderThan', 'Exact'] }, 'How resourceVersion is meant.'),
];

export const LIST_PARAMETERS: readonly Json[] = [
  ...SELECTORS,
  parameter('limit', count, 'Objects per page.'),
  parameter('continue', text, 'The next page, from the answer before.'),
  ...RESOURCE_VERSION,
  parameter('watch', yesOrNo, 'Stream changes instead of answering once.'),
  parameter('allowWatchBookmarks', yesOrNo, 'Ask for bookmarks in a watch.'),
  parameter(
    'sendInitialEvents',
    yesOrNo,
    'Begin a watch with everything there is. Of watches only, with resourceVersionMatch=NotOlderThan.',
  ),
  parameter('timeoutSeconds', count, 'Ends a watch after this time.'),
];

export const DRY_RUN = parameter('dryRun', { ...text, enum: ['All'] }, 'All: check everything, store nothing.');

export const WRITE_PARAMETERS: readonly Json[] = [
  DRY_RUN,
  parameter('fieldManager', { ...text, maxLength: 128 }, 'Who owns the fields that are written.'),
  parameter('fieldValidation', { ...text, enum: ['Strict', 'Warn', 'Ignore'] }, 'Strict (default), Warn or Ignore.'),
];

export const FORCE = parameter('force', yesOrNo, 'Server-side apply: take fields over from other managers.');

export const DELETE_PARAMETERS: readonly Json[] = [
  DRY_RUN,
  parameter(
    'propagationPolicy',
    { ...text, enum: ['Background', 'Foreground', 'Orphan'] },
    'What becomes of the objects that belong to it: deleted after it (default), before it, or left.',
  ),
];
