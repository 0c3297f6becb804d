import { messageOf, sleep, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import { readiness } from '../layers/readiness.ts';
import type { GatewayHealthInput } from './gateway-health.ts';

const API_LOOK_MS = 10_000;

/** Follows the gateway's API server and Cluster API's controllers (Deployments with the provider label). */
export function watchGatewayHealth(kube: KubeClient, logger: Logger, onChange: () => void) {
  const controllers = new Map<string, string | undefined>();
  let apiServer = { ok: false, message: 'The API server has not been asked yet.' };

  async function lookAtApiServer(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const before = apiServer;
      apiServer = await kube.request('/readyz', { timeoutMs: 5000, signal }).then(
        () => ({ ok: true, message: '' }),
        (error: unknown) => ({ ok: false, message: messageOf(error) }),
      );
      if (before.ok !== apiServer.ok || before.message !== apiServer.message) onChange();
      await sleep(API_LOOK_MS, signal).catch(() => undefined);
    }
  }

  return {
    state: (): Pick<GatewayHealthInput, 'apiServer' | 'controllers'> => ({
      apiServer,
      controllers: [...controllers].map(([name, trouble]) => ({ name, trouble })).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }),
    async start(signal: AbortSignal): Promise<void> {
      const deployments = kube.watch(
        { apiVersion: 'apps/v1', kind: 'Deployment' },
        ({ type, object }) => {
          const { name } = object.metadata;
          const state = readiness(object);
          if (type === 'DELETED') controllers.delete(name);
          else controllers.set(name, state.ready ? undefined : state.reason);
          onChange();
        },
        signal,
        {
          labelSelector: 'cluster.x-k8s.io/provider',
          onError: (error) => logger.debug({ error }, 'the watch of controllers broke and is opened again'),
        },
      );
      await Promise.all([deployments, lookAtApiServer(signal)]);
    },
  };
}
