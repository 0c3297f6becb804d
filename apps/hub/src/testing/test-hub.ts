import { cp, mkdtemp, rm } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '@slipway/api';
import { type Logger, randomSuffix, silentLogger } from '@slipway/kit';
import pg from 'pg';
import { type Hub, type HubOptions, startHub } from '../hub.ts';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request of the hub's admin; a string goes as it is, other bodies as JSON. `anonymous`: without the admin's token. */
export function requestOf(
  { url, token, hub }: Pick<TestHub, 'url' | 'token' | 'hub'>,
  method: string,
  path: string,
  { body, headers = {}, anonymous = false }: { body?: unknown; headers?: Readonly<Record<string, string>>; anonymous?: boolean } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const options = { method, ca: hub.ca, headers: { ...(anonymous ? {} : { authorization: `Bearer ${token}` }), ...type, ...headers } };
    const outgoing = request(`${url}${path}`, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

export interface TestHub {
  readonly hub: Hub;
  readonly url: string;
  readonly token: string;
  readonly home: string;
  readonly client: ApiClient;
  /** On PostgreSQL. */
  readonly databaseUrl?: string | undefined;
  /** A second replica over the same PostgreSQL, with a home of its own that holds the same keys. Stop it before this one. */
  replica(): Promise<Pick<TestHub, 'hub' | 'url' | 'token' | 'stop'>>;
  /** Stops it and starts it again with the same data at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How kubectl and client-go reach it, as its admin. */
export function kubeconfigOf({ url, token, hub }: Pick<TestHub, 'url' | 'token' | 'hub'>): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'hub',
    clusters: [{ name: 'hub', cluster: { server: url, 'certificate-authority-data': Buffer.from(hub.ca).toString('base64') } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'admin' } }],
  };
}

/** A whole hub as users run it: HTTPS on loopback, embedded database in a fresh home or a fresh database on PostgreSQL. */
export async function startTestHub(
  engine: 'pglite' | 'postgres' = 'pglite',
  logger: Logger = silentLogger,
  more: Pick<
    HubOptions,
    'limits' | 'connections' | 'outbound' | 'publicUrl' | 'trustedProxies' | 'registryFolders' | 'registryProgram' | 'consoleDir'
  > = {},
): Promise<TestHub> {
  const home = await mkdtemp(join(tmpdir(), 'slipway-hub-'));
  const database = engine === 'postgres' ? await freshDatabase(process.env.SLIPWAY_TEST_DATABASE_URL ?? '') : undefined;
  const start = (port: number, where = home): Promise<Hub> =>
    startHub({
      home: where,
      listen: [{ host: '127.0.0.1', port }],
      databaseUrl: database?.url,
      logger,
      packsDir: join(import.meta.dirname, '../../../../packs'),
      version: '0.0.0-test',
      ...more,
    });
  let hub = await start(0);
  const port = hub.addresses[0]?.port ?? 0;
  const { token } = await hub.identity.resetAdmin();
  const url = `https://127.0.0.1:${port}`;
  const client = createApiClient({ server: url, ca: hub.ca, token, userAgent: 'slipway-test' });
  return {
    get hub() {
      return hub;
    },
    url,
    token,
    home,
    client,
    databaseUrl: database?.url,
    async replica() {
      const own = await mkdtemp(join(tmpdir(), 'slipway-replica-'));
      for (const part of ['keys', 'pki']) await cp(join(home, 'hub', part), join(own, 'hub', part), { recursive: true });
      const second = await start(0, own);
      const stop = async () => {
        await second.stop();
        await rm(own, { recursive: true, force: true });
      };
      return { hub: second, url: `https://127.0.0.1:${second.addresses[0]?.port ?? 0}`, token, stop };
    },
    async restart() {
      await hub.stop();
      hub = await start(port);
    },
    async stop() {
      client.close();
      await hub.stop();
      await database?.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** An empty database beside the one of a URL. */
export async function freshDatabase(url: string): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `hub_${randomSuffix(10)}`;
  const run = async (statement: string) => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { url: own.toString(), drop: () => run(`drop database ${name} with (force)`) };
}
