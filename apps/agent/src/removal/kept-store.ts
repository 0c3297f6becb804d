import { z } from 'zod';
import type { KubeClient, KubeObject } from '@slipway/kube';
import { keptFactSchema, MAX_KEPT, type KeptFact, type ObjectId } from '@slipway/model';
import { byKey as byObject, FIELD_MANAGER, objectKey, refOf } from '../layers/object-id.ts';
import { isAway } from './resources.ts';

export interface KeptObject {
  readonly object: ObjectId;
  /** A clause after the object's name: "holds …". */
  readonly reason: string;
}

/** What removals left in the cluster, in a ConfigMap per layer: it outlives the agent, and the layer's inventory. */
export interface KeptStore {
  /** Adds to a layer's list; an object that is in it already gets the newer reason. */
  add(layer: string, kept: readonly KeptObject[], at: string): Promise<void>;
  /** Whether the layer once made this object and left it. */
  has(layer: string, key: string): Promise<boolean>;
  /** Forgets what is not there any more, and what is owned again. */
  prune(owned: () => Promise<(object: ObjectId) => boolean>): Promise<void>;
  facts(): KeptFact[];
}

const LABEL = 'slipway.dev/kept';
const recordSchema = z.object({ version: z.literal(1), fact: keptFactSchema });

/** Undefined for a record that cannot be read: what a newer agent, or a person, wrote there. */
function recordOf(map: KubeObject): z.infer<typeof recordSchema> | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(String(map['data']?.kept))).data;
  } catch {
    return undefined;
  }
}

export function createKeptStore(kube: KubeClient, namespace: string): KeptStore {
  let known: Promise<Map<string, KeptFact>> | undefined;
  let latest: KeptFact[] = [];
  const ref = (layer: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: `slipway-kept-${layer}` });

  async function load(): Promise<Map<string, KeptFact>> {
    const maps = await kube.list({ apiVersion: 'v1', kind: 'ConfigMap' }, { namespace, labelSelector: LABEL });
    const facts = maps.flatMap((map) => {
      return recordOf(map)?.fact ?? [];
    });
    return new Map(facts.map((fact) => [fact.layer, fact]));
  }

  async function all(): Promise<Map<string, KeptFact>> {
    known ??= load();
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw error;
    }
  }

  async function save(facts: Map<string, KeptFact>, fact: KeptFact): Promise<void> {
    if (fact.kept.length === 0) {
      await kube.delete(ref(fact.layer));
      facts.delete(fact.layer);
    } else {
      await kube.apply(
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: ref(fact.layer).name, namespace, labels: { [LABEL]: fact.layer } },
          data: { kept: JSON.stringify({ version: 1, fact }) },
        },
        { fieldManager: FIELD_MANAGER, force: true },
      );
      facts.set(fact.layer, fact);
    }
    latest = [...facts.values()].toSorted((a, b) => (a.layer < b.layer ? -1 : 1));
  }

  return {
    async add(layer, kept, at) {
      if (kept.length === 0) return;
      const facts = await all();
      const byKey = new Map([...(facts.get(layer)?.kept ?? []), ...kept].map((item) => [objectKey(item.object), item]));
      const list = [...byKey.values()].toSorted((a, b) => byObject(a.object, b.object));
      const more = (facts.get(layer)?.more ?? 0) + Math.max(0, list.length - MAX_KEPT);
      await save(facts, { layer, kept: list.slice(0, MAX_KEPT), ...(more === 0 ? {} : { more }), at });
    },
    async has(layer, key) {
      return (await all()).get(layer)?.kept.some(({ object }) => objectKey(object) === key) ?? false;
    },
    async prune(owned) {
      const facts = await all();
      const isOwned = facts.size === 0 ? () => false : await owned();
      for (const fact of Array.from(facts.values())) {
        const still: KeptObject[] = [];
        for (const item of fact.kept) {
          if (isOwned(item.object)) continue;
          // A kind that is not served any more has taken its objects with it.
          const live = await kube.get(refOf(item.object)).catch((error: unknown) => (isAway(error) ? undefined : Promise.reject(error)));
          if (live !== undefined) still.push(item);
        }
        if (still.length < fact.kept.length) await save(facts, { ...fact, kept: still });
      }
      latest = [...facts.values()].toSorted((a, b) => (a.layer < b.layer ? -1 : 1));
    },
    facts: () => latest,
  };
}
