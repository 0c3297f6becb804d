import { SlipwayError } from '@slipway/kit';

/** A name of somebody else's, fit for a message. */
export const shown = (name: string): string => JSON.stringify(name.slice(0, 120)).slice(1, -1);

export const refused = (why: string): SlipwayError => new SlipwayError('Invalid', `The archive was refused: ${why}.`);
