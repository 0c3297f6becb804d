import { waitFor } from '@slipway/kit';
import type { KindRef, KubeClient, KubeObject } from '@slipway/kube';

/** A definition of a namespaced kind that takes any spec and status: for tests of what talks to kinds whose controllers are not there. */
export function looseCrd({ apiVersion, kind }: KindRef): KubeObject {
  const [group = '', version = ''] = apiVersion.split('/');
  const plural = `${kind.toLowerCase()}s`;
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
      versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  };
}

/** Makes the definitions and waits until every kind of `serves` is served. */
export async function serveKinds(kube: KubeClient, definitions: readonly KubeObject[], serves: readonly KindRef[]): Promise<void> {
  for (const definition of definitions) await kube.create(definition);
  const served = async () => {
    kube.resetDiscovery();
    for (const kind of serves) await kube.list(kind);
    return true;
  };
  await waitFor(served, { what: 'the definitions to be served', timeoutMs: 20_000, intervalMs: 50 });
}
