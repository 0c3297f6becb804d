import type { Kind } from './define-kind.ts';

/** The group and version every Slipway kind is served under. */
export const GROUP = 'slipway.dev';
export const VERSION = 'v1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** `slipway.dev/v1beta1`: what objects of this kind say they are. */
export const apiVersionOf = ({ version }: Pick<Kind, 'version'>): string => `${GROUP}/${version}`;
