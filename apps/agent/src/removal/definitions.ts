import type { KubeClient, KubeObject } from '@slipway/kube';
import { objectKey } from '../layers/object-id.ts';
import { listed } from './namespace-contents.ts';
import { isAway, metadataAt, pathOf, why } from './resources.ts';

/** Instances looked at before it is clear that there are others' among them. */
const ENOUGH = 20;

/**
 * Why a CustomResourceDefinition must stay: it takes every object of its kind with it. Undefined when all of these are the layer's own, or there is none. What cannot be
 * listed counts as somebody's.
 */
export async function definitionClaim(kube: KubeClient, definition: KubeObject, made: ReadonlySet<string>): Promise<string | undefined> {
  const { group, names, versions } = definition['spec'] as {
    group: string;
    names: { kind: string; plural: string };
    versions: { name: string; served: boolean }[];
  };
  const version = versions.find(({ served }) => served)?.name;
  if (version === undefined) return 'has no version in which its objects could be listed';
  const apiVersion = `${group}/${version}`;
  const others: string[] = [];
  try {
    for await (const { name, namespace } of metadataAt(kube, `${pathOf(apiVersion)}/${names.plural}`)) {
      const id = { apiVersion, kind: names.kind, name, ...(namespace === undefined ? {} : { namespace }) };
      if (!made.has(objectKey(id))) others.push(namespace === undefined ? name : `${namespace}/${name}`);
      if (others.length >= ENOUGH) break;
    }
  } catch (error) {
    // Not served means not established: its names are taken by another one, and it never held anything that could be told from that one's.
    return isAway(error) ? 'is not served, so its objects cannot be listed' : `has objects that cannot be listed: ${why(error)}`;
  }
  return others.length === 0 ? undefined : `has objects that the layer did not make: ${listed(others)}`;
}
