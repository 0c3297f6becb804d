import type { OutboundOptions } from '@slipway/kit/outbound';

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Where this installation may connect to on behalf of its users, from the environment. */
export const outboundSettings = (env: NodeJS.ProcessEnv): OutboundOptions => ({
  rules: { allow: list(env.SLIPWAY_OUTBOUND_ALLOW), deny: list(env.SLIPWAY_OUTBOUND_DENY) },
  ...(env.SLIPWAY_OUTBOUND_PROXY ? { proxy: env.SLIPWAY_OUTBOUND_PROXY } : {}),
});
