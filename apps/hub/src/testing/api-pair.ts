import { type ServedKind, serveVersions } from '@slipway/api';
import { type Kind, projectKind } from '@slipway/model';
import { startApiServer, type TestApiServer } from '@slipway/testkit';
import { startConversionWebhook } from './conversion-webhook.ts';
import { customResourceDefinition } from './custom-resource.ts';
import { send, startTestApi, type TestApi } from './test-api.ts';

/** The hub's API of some kinds, and a real kube-apiserver with CustomResourceDefinitions of the same schemas: the same request goes to both. */
export interface ApiPair {
  readonly hub: TestApi['send'];
  readonly kubernetes: TestApi['send'];
  readonly server: TestApiServer;
  /** Every kind in all its versions, the stored one first. */
  readonly served: readonly (readonly ServedKind[])[];
  stop(): Promise<void>;
}

/** Starts both. Kinds are served without admission and finalizers, which a CustomResourceDefinition has not. */
export async function startApiPair(given: readonly Kind[]): Promise<ApiPair> {
  const kinds = [projectKind, ...given.filter(({ kind }) => kind !== 'Project')].map((kind) => bare(kind));
  const [server, api, webhook] = await Promise.all([startApiServer(), startTestApi(kinds), startConversionWebhook(kinds)]);
  const served = kinds.map(serveVersions);
  const definitions = { apiVersion: 'v1', kind: 'List', items: served.map((versions) => customResourceDefinition(versions, webhook)) };
  await server.kubectl(['apply', '--server-side', '-f', '-'], { stdin: JSON.stringify(definitions) });
  await server.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  return {
    hub: api.send,
    kubernetes: (call) => send(server.server, call, { ca: server.ca, token: server.token }),
    server,
    served,
    async stop() {
      await api.stop();
      await server.stop();
      webhook.close();
    },
  };
}

function bare({ admit: _admit, admitDelete: _admitDelete, ...kind }: Kind): Kind {
  return { ...kind, finalizers: [], readOnly: false };
}
