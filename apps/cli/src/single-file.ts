/** Set where the command line is one file, away from its sources. */
declare const SLIPWAY_VERSION: string | undefined;

/** The version of the command line that is one file; undefined in a checkout, which has its own. */
export const singleFileVersion: string | undefined = typeof SLIPWAY_VERSION === 'undefined' ? undefined : SLIPWAY_VERSION;

/** These build and run what only a checkout has. */
export const needsSources = (group: string): boolean => singleFileVersion !== undefined && ['This machine', 'Development'].includes(group);
