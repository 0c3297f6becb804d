import { canonicalJson, messageOf, sha256Hex, type Logger } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import { keyOf, type Ingress } from './routing/objects.ts';
import type { Refusal, Routing } from './routing/routes.ts';

const FIELD_MANAGER = 'slipway-ingress';

/** Tells authors of Ingresses where they are reached, and by events what of them is not served. All replicas write the same, so none has to lead. */
export function createStatusWriter(kube: KubeClient, logger: Logger) {
  const told = new Set<string>();

  async function writeAddresses(ingress: Ingress, addresses: readonly string[]): Promise<void> {
    const wanted = addresses.map((ip) => ({ ip }));
    const has = ((ingress['status']?.loadBalancer?.ingress ?? []) as { ip?: string }[]).map(({ ip }) => ({ ip }));
    if (canonicalJson(has) === canonicalJson(wanted)) return;
    const { apiVersion, kind, metadata } = ingress;
    const ref = { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
    await kube.patch(ref, { status: { loadBalancer: { ingress: wanted } } }, { subresource: 'status', fieldManager: FIELD_MANAGER });
  }

  async function tell({ ingress, reason, message }: Refusal): Promise<void> {
    const { namespace = '', name, uid = '', resourceVersion = '' } = ingress.metadata;
    const id = sha256Hex(`${uid} ${reason} ${message}`).slice(0, 16);
    if (told.has(id)) return;
    const now = new Date().toISOString();
    await kube.apply(
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name.slice(0, 200)}.${id}`, namespace },
        involvedObject: { apiVersion: ingress.apiVersion, kind: ingress.kind, namespace, name, uid, resourceVersion },
        type: 'Warning',
        reason,
        message: message.slice(0, 1000),
        source: { component: FIELD_MANAGER },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
      { fieldManager: FIELD_MANAGER, force: true },
    );
    told.add(id);
  }

  return {
    /** One that cannot be written is left for the next round: routing does not wait for it. */
    async write({ served, refusals }: Routing, addresses: readonly string[]): Promise<void> {
      const failed = (what: string) => (error: unknown) =>
        logger.warn({ ingress: what, error: messageOf(error) }, 'could not write what became of an Ingress');
      for (const ingress of served) await writeAddresses(ingress, addresses).catch(failed(keyOf(ingress)));
      for (const refusal of refusals) await tell(refusal).catch(failed(keyOf(refusal.ingress)));
    },
  };
}
