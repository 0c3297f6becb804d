import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { answerUnserved, createApi } from '@slipway/api';
import { type Kind, projectKind } from '@slipway/model';
import { createStore, type Store } from '@slipway/store';
import { testDatabase } from '@slipway/testkit';
import fastify from 'fastify';

export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly warnings: readonly string[];
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: unknown;
}

/** The hub's API of some kinds over plain HTTP, open to everybody: what is tested is the API, not who may use it. */
export interface TestApi {
  readonly address: string;
  readonly store: Store;
  readonly send: (call: Call) => Promise<Answer>;
  stop(): Promise<void>;
}

/** Serves the kinds on an embedded database that has the project `default`. */
export async function startTestApi(given: readonly Kind[]): Promise<TestApi> {
  const kinds = [projectKind, ...given.filter(({ kind }) => kind !== 'Project')];
  const database = await testDatabase();
  const store = createStore({ database });
  const stopping = new AbortController();
  await store.start(stopping.signal);
  await store.create({ kind: 'Project', metadata: { name: 'default' }, spec: { displayName: '', description: '' } });
  const api = createApi({
    kinds,
    authenticator: { authenticate: async () => ({ name: 'tester', groups: [], tenant: 'default', home: 'default' }) },
    authorizer: {
      enter: async (principal) => principal,
      authorize: async () => ({ allowed: true, reason: 'a test' }),
      review: async () => ({ allowed: true, reason: 'a test' }),
      rules: async () => ({ rules: [], incomplete: false }),
      guard: () => store,
      lasting: () => ({ signal: stopping.signal, release: () => undefined }),
    },
    fleet: store,
    version: '0.0.0',
    stopping: stopping.signal,
  });
  const app = fastify({ exposeHeadRoutes: false });
  answerUnserved(app);
  api.routes(app);
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    address,
    store,
    send: (call) => send(address, call),
    async stop() {
      stopping.abort();
      await app.close();
      await database.close();
    },
  };
}

/** One request to a Kubernetes API. JSON answers are parsed; a watch is the text of everything until it ended. */
export function send(server: string, call: Call, access?: { ca: string; token: string }): Promise<Answer> {
  const body = call.body === undefined ? undefined : typeof call.body === 'string' ? call.body : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const headers = {
      accept: call.accept ?? 'application/json',
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
