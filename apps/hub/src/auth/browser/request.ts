import { SlipwayError } from '@slipway/kit';
import type { FastifyRequest } from 'fastify';

/** The address people use: as the operator says, or as the browser does. A provider takes only the callback addresses that are registered with it, so a made-up one leads nowhere. */
export function publicOrigin(configured: string | undefined, { headers: { host } }: FastifyRequest): string {
  if (configured !== undefined) return configured;
  const text = `https://${host ?? ''}`;
  const url = host !== undefined && /^[A-Za-z0-9.:[\]-]+$/.test(host) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new SlipwayError('BadRequest', 'The request does not say which host it is for.');
  return url.origin;
}
