import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, SlipwayError, waitFor } from '@slipway/kit';
import { z } from 'zod';
import type { Context, ContextStore } from '../config/contexts.ts';
import { connectHub } from '../hub/connect.ts';
import type { PlanePaths } from './paths.ts';

const answerSchema = z.object({ token: z.string() });

/**
 * A token of the hub's administrator: the one made first, or with `reset` a new one that replaces it. Asks the running hub over its local socket, which only root may
 * open. Undefined when there is one already and `reset` is not set.
 */
export async function bootstrapAdmin(
  root: string,
  paths: PlanePaths,
  options: { reset: boolean; databaseUrl?: string; signal?: AbortSignal },
): Promise<string | undefined> {
  const args = [join(root, 'apps/hub/src/main.ts'), 'bootstrap-admin', '--home', paths.home, ...(options.reset ? ['--reset'] : [])];
  const result = await run(process.execPath, args, {
    as: 'the hub making its administrator',
    allow: [5],
    env: { ...process.env, SLIPWAY_HOME: paths.home, ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}) },
    ...(options.signal ? { signal: options.signal } : {}),
  });
  if (result.code === 5) return undefined;
  return answerSchema.parse(JSON.parse(result.stdout)).token;
}

/** The caller's context for this instance's hub, if its token still works. */
export async function workingContext(
  store: ContextStore,
  name: string,
  server: string,
  authority: string,
  signal: AbortSignal,
): Promise<Context | undefined> {
  const known = (await store.read()).contexts.find((context) => context.name === name && context.token !== undefined);
  if (!known) return undefined;
  const context = { ...known, server, certificateAuthority: authority };
  try {
    await connectHub(context, signal).whoami();
    if (known.server !== server || known.certificateAuthority !== authority) await store.put(context, { use: true });
    return context;
  } catch (error) {
    if (error instanceof SlipwayError && (error.code === 'Unauthorized' || error.code === 'Forbidden')) return undefined;
    throw error;
  }
}

/** Waits until the hub answers on its port with a certificate of its own authority. */
export async function waitForHub(
  paths: PlanePaths,
  port: number,
  signal: AbortSignal,
  onProgress: (detail: string) => void,
): Promise<string> {
  const server = `https://127.0.0.1:${port}`;
  onProgress('database and certificates');
  await waitFor(
    async () => {
      const authority = await readFile(paths.hubCa, 'utf8');
      await connectHub({ name: 'probe', server, certificateAuthority: authority, project: 'default' }, signal).healthy();
      return true;
    },
    { what: `the hub on ${server} (its log: ${join(paths.log, 'hub.log')})`, timeoutMs: 120_000, intervalMs: 150, signal },
  );
  return readFile(paths.hubCa, 'utf8');
}

const FIRST_ADMIN = 'admin';
/** How long the link that `up` ends with works. */
const FIRST_LINK_SECONDS = 24 * 3600;

/** What somebody needs who has never been here: an administrator's token, and the one-time link with which they choose a password. */
export interface FirstSight {
  readonly newToken: string | undefined;
  readonly firstLink: string | undefined;
}

/** Once, at the end of the first `up` that got this far: one that was interrupted before had nobody looking. */
export async function firstSight(paths: PlanePaths, context: Context, signal: AbortSignal): Promise<FirstSight> {
  const marker = join(paths.home, 'hub', 'admin-token-shown');
  const first = await writeFile(marker, '', { flag: 'wx' }).then(
    () => true,
    () => false,
  );
  if (!first) return { newToken: undefined, firstLink: undefined };
  const { createAccountClient } = await import('../account/account-client.ts');
  const link = new URL((await createAccountClient(context, signal).invite(FIRST_ADMIN, FIRST_LINK_SECONDS)).link);
  link.searchParams.set('next', 'setup');
  return { newToken: context.token, firstLink: link.href };
}
