import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, createCa, issueCertificate, silentLogger, systemClock } from '@slipway/kit';
import {
  type BlobStore,
  type ClusterProxy,
  createClusterProxy,
  createFileBlobStore,
  createLinkServer,
  createPlanSigner,
  type LinkServer,
  type LinkStore,
  type PlanSigner,
} from '@slipway/link';
import { createLinkStore } from '@slipway/store';
import fastify from 'fastify';
import { testDatabase } from './database.ts';

export interface TestLinkHub {
  readonly url: string;
  readonly port: number;
  readonly ca: string;
  readonly link: LinkServer;
  readonly proxy: ClusterProxy;
  readonly store: LinkStore;
  readonly blobs: BlobStore;
  readonly signer: PlanSigner;
  readonly dir: string;
  /** Tunnels that are open now, and all that were ever opened. */
  tunnels(): { open: number; ever: number };
  /** Cuts every connection and stops listening, keeping the data. */
  goAway(): Promise<void>;
  /** Listens again on the same port, as a restarted hub would: same data, new memory. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

export interface LinkHubOptions {
  /** PostgreSQL is the one that tests use. */
  readonly engine?: 'pglite' | 'postgres';
  /** How long a connection that nobody uses is kept; default Node's. */
  readonly keepAliveMs?: number;
  readonly clock?: Clock;
  readonly heartbeatSeconds?: number;
  readonly tunnelIdleMs?: number;
  readonly tunnelDialMs?: number;
  /** Who may reach which cluster through the proxy: the bearer token of the request is the user's name. */
  readonly clusters?: Readonly<Record<string, { uid: string; name: string }>>;
  readonly groups?: (user: string) => readonly string[];
}

/** The link as a hub serves it: real HTTPS and WebSockets on loopback, the embedded database in memory. */
export async function startLinkHub(options: LinkHubOptions = {}): Promise<TestLinkHub> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-link-'));
  const database = await testDatabase(options.engine);
  const ca = await createCa('slipway-test-hub');
  const certificate = await issueCertificate(ca, {
    commonName: 'hub',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
  const store = createLinkStore(database);
  const blobs = createFileBlobStore(join(dir, 'blobs'));
  const { privateKey } = generateKeyPairSync('ed25519');
  const signer = createPlanSigner(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })));

  const tunnels = { open: 0, ever: 0 };
  const serve = async (port: number) => {
    const running = new AbortController();
    const link = createLinkServer({ clock: systemClock, ...options, store, blobs, signer, logger: silentLogger });
    const proxy = createClusterProxy({ tunnels: link.tunnels, logger: silentLogger });
    const app = fastify({
      https: { key: certificate.key, cert: certificate.cert },
      forceCloseConnections: true,
      ...(options.keepAliveMs === undefined ? {} : { keepAliveTimeout: options.keepAliveMs }),
    });
    const targetOf = (url: string, authorization: string | undefined) => {
      const cluster = options.clusters?.[/\/clusters\/([^/?]+)\/proxy/.exec(url)?.[1] ?? ''];
      const name = authorization?.replace('Bearer ', '');
      return cluster && name ? { cluster, principal: { name, groups: options.groups?.(name) ?? [] } } : undefined;
    };
    link.routes(app);
    await app.register((scope, _options, done) => {
      // The proxy streams bodies: nothing may read them before.
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
      scope.all('/apis/slipway.dev/v1/namespaces/:project/clusters/:cluster/proxy/*', async (request, reply) => {
        const target = targetOf(request.raw.url ?? '', request.headers.authorization);
        if (!target) return reply.code(404).send();
        reply.hijack();
        await proxy.raw(target, request.raw, reply.raw);
        return reply;
      });
      done();
    });
    app.server.on('upgrade', (request, socket, head) => {
      if (request.url?.startsWith('/link/v1/tunnel/')) {
        tunnels.open += 1;
        tunnels.ever += 1;
        socket.once('close', () => (tunnels.open -= 1));
      }
      if (link.handleUpgrade(request, socket, head)) return;
      const target = targetOf(request.url ?? '', request.headers.authorization);
      if (target) void proxy.upgrade(target, request, socket, head);
      else socket.destroy();
    });
    const sockets = new Set<{ destroy(): void }>();
    app.server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await link.start(running.signal);
    await app.listen({ host: '127.0.0.1', port });
    return {
      link,
      proxy,
      port: (app.server.address() as AddressInfo).port,
      close: async () => {
        running.abort();
        for (const socket of sockets) socket.destroy();
        await app.close();
        await link.flush();
      },
    };
  };

  let live = await serve(0);
  const { port } = live;
  return {
    url: `https://127.0.0.1:${port}`,
    port,
    ca: ca.cert,
    get link() {
      return live.link;
    },
    get proxy() {
      return live.proxy;
    },
    store,
    blobs,
    signer,
    dir,
    tunnels: () => ({ ...tunnels }),
    goAway: () => live.close(),
    comeBack: async () => {
      live = await serve(port);
    },
    stop: async () => {
      await live.close();
      await database.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
