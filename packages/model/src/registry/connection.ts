import { z } from 'zod';
import { keyedList, setOf } from '../meta/object.ts';
import { secretText } from '../meta/secret-fields.ts';

/** How the hub shows who it is. */
const anonymous = z.strictObject({ type: z.literal('none') });
const basic = z.strictObject({
  type: z.literal('basic'),
  username: z.string().min(1).max(256),
  password: secretText(z.string().max(8192)),
});
const token = z.strictObject({
  type: z.literal('token'),
  /** Who the token is of, where the registry wants to know (`oauth2accesstoken`, `AWS`); else it is sent as a bearer token. */
  username: z.string().min(1).max(256).optional(),
  token: secretText(z.string().max(16_384)),
});
const ssh = z.strictObject({
  type: z.literal('ssh'),
  username: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/i, 'must be a user name')
    .default('git'),
  privateKey: secretText(z.string().max(16_384)),
  knownHosts: z.string().min(1).max(65_536).describe('Lines of a known_hosts file: no other host key is accepted.'),
});

export const httpCredentialsSchema = z.discriminatedUnion('type', [anonymous, basic, token]).default({ type: 'none' });
export const gitCredentialsSchema = z.discriminatedUnion('type', [anonymous, basic, token, ssh]).default({ type: 'none' });
export type RegistryCredentials = z.infer<typeof gitCredentialsSchema>;

/** When the catalogue is read anew, besides on demand and by webhook. */
const syncSchema = z.strictObject({
  intervalMinutes: z
    .number()
    .int()
    .min(1)
    .max(7 * 24 * 60)
    .default(60),
  paused: z.boolean().default(false),
});

const verifySchema = z.strictObject({
  policy: z
    .enum(['require', 'warn', 'off'])
    .default('off')
    .describe('`require`: what is not signed by one of the keys is not used; `warn`: it is used, and said.'),
  keys: keyedList(
    z.strictObject({ name: z.string().min(1).max(63), key: z.string().max(4096).describe('Public key in PEM: ECDSA P-256 or Ed25519.') }),
    'name',
  )
    .max(20)
    .default([]),
});
export type VerifySpec = z.infer<typeof verifySchema>;

/** Of every registry whose content can change. */
export const everyRegistry = {
  sync: syncSchema.default({ intervalMinutes: 60, paused: false }),
  webhook: z
    .strictObject({
      secret: secretText(z.string().min(1).max(256)).describe(
        'Whoever calls the webhook signs with it (HMAC-SHA256); at least 16 characters.',
      ),
    })
    .optional(),
};

/** Of registries that hold signatures beside packs. */
export const verified = { verify: verifySchema.default({ policy: 'off', keys: [] }) };

/** Of registries that are elsewhere. */
export const remote = {
  ca: z.string().max(100_000).optional().describe('PEM of authorities to trust for this registry, besides those of the system.'),
  proxy: z
    .string()
    .max(2048)
    .optional()
    .describe('HTTP proxy for this registry: http://proxy.example.org:3128. It must be one that this installation may connect to.'),
  plainHttp: z.boolean().default(false).describe('Speaks HTTP without TLS; with credentials they travel unencrypted.'),
  pullThrough: z
    .boolean()
    .default(false)
    .describe('Keeps the catalogue and every pack that was fetched, and serves them while the registry is away.'),
};

export const mirrors = {
  mirrors: setOf(z.string().max(2048))
    .max(8)
    .default([])
    .describe('Addresses with the same content, tried before the registry, in this order. Credentials are not sent to them.'),
};
