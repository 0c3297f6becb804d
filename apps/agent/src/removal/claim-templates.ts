import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ObjectId } from '@slipway/model';
import type { KeptObject } from './kept-store.ts';

/** Claims that StatefulSets made from their templates: nobody's objects, so that data outlives whoever used it. Names follow `<template>-<set>-<ordinal>`. */
export async function claimsLeftBy(kube: KubeClient, sets: readonly KubeObject[]): Promise<KeptObject[]> {
  const left: KeptObject[] = [];
  for (const set of sets) {
    const templates = (set['spec']?.volumeClaimTemplates ?? []) as { metadata?: { name?: string } }[];
    if (templates.length === 0 || set['spec']?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete') continue;
    const { name, namespace } = set.metadata;
    const claims = await kube.list({ apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, { namespace });
    for (const claim of claims) {
      const template = templates.find((candidate) => isOf(claim.metadata.name, `${candidate.metadata?.name}-${name}-`));
      if (template === undefined) continue;
      const object: ObjectId = {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        name: claim.metadata.name,
        ...(namespace === undefined ? {} : { namespace }),
      };
      left.push({ object, reason: `holds data of StatefulSet ${name}` });
    }
  }
  return left;
}

const isOf = (name: string, prefix: string): boolean => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length));
