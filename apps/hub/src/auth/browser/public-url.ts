import { SlipwayError } from '@slipway/kit';

/** `SLIPWAY_PUBLIC_URL`: the origin people reach the hub at, behind a load balancer or another name. */
export function publicUrlSetting(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.pathname === '/' && url.search === '' && url.username === '') return url.origin;
  throw new SlipwayError('BadRequest', `SLIPWAY_PUBLIC_URL is "${text}".`, {
    hint: 'Write it like https://hub.example.com, without a path.',
  });
}
