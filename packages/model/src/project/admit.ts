import { SlipwayError } from '@slipway/kit';
import { clustersUsing, refuseWhileUsed } from '../cluster/in-use.ts';
import type { AdmissionReads } from '../meta/define-kind.ts';
import { DEFAULT_PROJECT, type ApiObject } from '../meta/object.ts';

/** A project goes only when it is empty: deleting clusters is a decision of its own. */
export async function admitProjectDelete({ object, reads }: { object: ApiObject<any, any>; reads: AdmissionReads }): Promise<void> {
  const { name } = object.metadata;
  if (name === DEFAULT_PROJECT) {
    throw new SlipwayError('Forbidden', `Project "${name}" is always there and cannot be deleted.`);
  }
  refuseWhileUsed('Project', name, await clustersUsing(reads, { scope: 'project', project: name }, () => true));
}
