import { SlipwayError } from '@slipway/kit';

/** Paths that would be taken for places of the hub itself. */
const TAKEN = /^\/(?:auth|console|api|apis|tenants|link)(?:\/|$)/;

/** `SLIPWAY_PUBLIC_URL`: where people reach the hub, behind a load balancer, another name, or a proxy that puts it below a path. No slash at the end. */
export function publicUrlSetting(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const path = url?.pathname.replace(/\/$/, '') ?? '';
  const plain = /^(?:\/[A-Za-z0-9._~-]+)*$/.test(path) && !TAKEN.test(path);
  if (url?.protocol === 'https:' && plain && url.search === '' && url.username === '') return `${url.origin}${path}`;
  throw new SlipwayError('BadRequest', `SLIPWAY_PUBLIC_URL is "${text}".`, {
    hint: 'Write it like https://hub.example.com or https://example.com/slipway.',
  });
}
