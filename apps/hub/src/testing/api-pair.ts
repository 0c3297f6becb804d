import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createApi, serveKind, type ServedKind } from '@slipway/api';
import { type Kind, projectKind } from '@slipway/model';
import { createStore, type Store } from '@slipway/store';
import { startApiServer, type TestApiServer, testDatabase } from '@slipway/testkit';
import fastify from 'fastify';
import { customResourceDefinition } from './custom-resource.ts';

export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly warnings: readonly string[];
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly body?: unknown;
}

/** The hub's API of some kinds, and a real kube-apiserver with CustomResourceDefinitions of the same schemas: the same request goes to both. */
export interface ApiPair {
  readonly hub: (call: Call) => Promise<Answer>;
  readonly kubernetes: (call: Call) => Promise<Answer>;
  readonly server: TestApiServer;
  readonly store: Store;
  readonly served: readonly ServedKind[];
  stop(): Promise<void>;
}

/** Starts both. Kinds are served without admission and finalizers, which a CustomResourceDefinition has not. */
export async function startApiPair(given: readonly Kind[]): Promise<ApiPair> {
  const kinds = [projectKind, ...given.filter(({ kind }) => kind !== 'Project')].map((kind) => bare(kind));
  const [server, database] = await Promise.all([startApiServer(), testDatabase()]);
  const store = createStore({ database });
  const stopping = new AbortController();
  await store.start(stopping.signal);
  await store.create({ kind: 'Project', metadata: { name: 'default' }, spec: { displayName: '', description: '' } });
  const api = createApi({
    kinds,
    authenticator: { authenticate: async () => ({ name: 'tester', groups: [], tenant: 'default', home: 'default' }) },
    // What is compared is the API, not who may use it.
    authorizer: {
      enter: async (principal) => principal,
      authorize: async () => ({ allowed: true, reason: 'a test' }),
      review: async () => ({ allowed: true, reason: 'a test' }),
      rules: async () => ({ rules: [], incomplete: false }),
      guard: () => store,
      lasting: () => ({ signal: stopping.signal, release: () => undefined }),
    },
    version: '0.0.0',
    stopping: stopping.signal,
  });
  const app = fastify({ exposeHeadRoutes: false });
  api.routes(app);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const served = kinds.map(serveKind);
  const definitions = { apiVersion: 'v1', kind: 'List', items: served.map(customResourceDefinition) };
  await server.kubectl(['apply', '--server-side', '-f', '-'], { stdin: JSON.stringify(definitions) });
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  return {
    hub: (call) => send(address, call),
    kubernetes: (call) => send(server.server, call, { ca: server.ca, token: server.token }),
    server,
    store,
    served,
    async stop() {
      stopping.abort();
      await app.close();
      await database.close();
      await server.stop();
    },
  };
}

function bare({ admit: _admit, admitDelete: _admitDelete, ...kind }: Kind): Kind {
  return { ...kind, finalizers: [], readOnly: false };
}

function send(server: string, call: Call, access?: { ca: string; token: string }): Promise<Answer> {
  const body = call.body === undefined ? undefined : typeof call.body === 'string' ? call.body : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const headers = {
      accept: 'application/json',
      'user-agent': 'differential/1',
      ...(access === undefined ? {} : { authorization: `Bearer ${access.token}` }),
      ...(body === undefined ? {} : { 'content-type': call.type ?? 'application/json', 'content-length': String(Buffer.byteLength(body)) }),
    };
    const options = { method: call.method, headers, ...(access === undefined ? {} : { ca: access.ca }) };
    const request = access === undefined ? httpRequest : httpsRequest;
    const outgoing = request(`${server}${call.path}`, options, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => {
        const type = String(response.headers['content-type']);
        const json =
          type.includes('json') &&
          !type.includes('stream=watch') &&
          !call.path.includes('sendInitialEvents=true&resourceVersionMatch=NotOlderThan');
        const warnings = [response.headers['warning'] ?? []].flat() as string[];
        resolve({ status: response.statusCode ?? 0, body: json && text !== '' ? JSON.parse(text) : text, warnings });
      });
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}
