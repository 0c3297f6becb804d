import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

const contextSchema = z.object({
  name: z.string(),
  /** `https://127.0.0.1:7443` */
  server: z.url(),
  /** PEM of the authority the hub's certificate is checked against; the system's when absent. */
  certificateAuthority: z.string().optional(),
  token: z.string().optional(),
  project: z.string().default('default'),
  /** Another tenant than the user's own. */
  tenant: z.string().optional(),
});
const configSchema = z.object({ current: z.string().optional(), contexts: z.array(contextSchema).default([]) });
export type Context = z.infer<typeof contextSchema>;
export type Config = z.infer<typeof configSchema>;

/** The CLI's own configuration: named hubs with the caller's token, mode 0600. */
export interface ContextStore {
  readonly path: string;
  read(): Promise<Config>;
  /** Adds or replaces a context by name. */
  put(context: Context, options: { use: boolean }): Promise<void>;
  use(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

export function contextsPath(env: NodeJS.ProcessEnv): string {
  if (env['SLIPWAY_CONFIG']) return env['SLIPWAY_CONFIG'];
  return join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'slipway', 'config.yaml');
}

export function createContextStore(path: string): ContextStore {
  const read = async (): Promise<Config> => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw error;
    });
    const parsed = configSchema.safeParse(parse(text) ?? {});
    if (!parsed.success) {
      throw new SlipwayError('Invalid', `The configuration ${path} cannot be read: ${z.prettifyError(parsed.error)}`, {
        hint: `Repair or remove ${path}, then log in again with: slipway login`,
      });
    }
    return parsed.data;
  };
  const write = async (config: Config): Promise<void> => {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // Written beside and renamed, so that a full disk or Ctrl-C never leaves half a file; the mode is set before the token is in it.
    const draft = `${path}.${process.pid}.tmp`;
    await writeFile(draft, stringify(config), { mode: 0o600 });
    await rename(draft, path);
  };
  return {
    path,
    read,
    async put(context, { use }) {
      const config = await read();
      const contexts = [...config.contexts.filter((one) => one.name !== context.name), context];
      await write({ current: use || config.current === undefined ? context.name : config.current, contexts });
    },
    async use(name) {
      const config = await read();
      if (!config.contexts.some((one) => one.name === name)) {
        throw new SlipwayError('NotFound', `There is no context "${name}".`, {
          hint: `Known: ${config.contexts.map((one) => one.name).join(', ') || 'none'}`,
        });
      }
      await write({ ...config, current: name });
    },
    async remove(name) {
      const config = await read();
      const contexts = config.contexts.filter((one) => one.name !== name);
      if (contexts.length === config.contexts.length) return;
      await write({ ...(config.current && config.current !== name ? { current: config.current } : {}), contexts });
    },
  };
}

/** The hub to talk to: `--context`, then SLIPWAY_SERVER/SLIPWAY_TOKEN (for CI), then the current context. */
export async function resolveContext(store: ContextStore, env: NodeJS.ProcessEnv, wanted?: string): Promise<Context> {
  const config = await store.read();
  const name = wanted ?? env['SLIPWAY_CONTEXT'];
  if (name === undefined && env['SLIPWAY_SERVER']) {
    const authority = env['SLIPWAY_CA_FILE'] ? await readFile(env['SLIPWAY_CA_FILE'], 'utf8') : undefined;
    return {
      name: 'environment',
      server: env['SLIPWAY_SERVER'],
      project: env['SLIPWAY_PROJECT'] ?? 'default',
      ...(env['SLIPWAY_TENANT'] ? { tenant: env['SLIPWAY_TENANT'] } : {}),
      ...(authority ? { certificateAuthority: authority } : {}),
      ...(env['SLIPWAY_TOKEN'] ? { token: env['SLIPWAY_TOKEN'] } : {}),
    };
  }
  const found = config.contexts.find((one) => one.name === (name ?? config.current));
  if (found) return env['SLIPWAY_TOKEN'] ? { ...found, token: env['SLIPWAY_TOKEN'] } : found;
  if (name !== undefined) {
    throw new SlipwayError('NotFound', `There is no context "${name}".`, {
      hint: `Known: ${config.contexts.map((one) => one.name).join(', ') || 'none'}`,
    });
  }
  throw new SlipwayError('Unauthorized', 'You are not logged in to any hub.', {
    hint: 'Start one on this machine with "slipway up", or log in to one with "slipway login https://<hub>".',
  });
}
