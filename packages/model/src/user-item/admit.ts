import type { FieldCause } from '@slipway/kit';
import { forbiddenField, invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { secretPaths } from '../meta/secret-paths.ts';
import type { UserItemSpec, UserItemStatus } from './user-item.ts';

const MAX_BYTES = 64 * 1024;

/** It stays whose it is and what it is, is small, and holds no secret: unlike secret fields, what it holds is shown. */
export async function admitUserItem({ object, old }: AdmissionInput<UserItemSpec, UserItemStatus>): Promise<void> {
  const { content } = object.spec;
  const causes: FieldCause[] = (['owner', 'type', 'about'] as const)
    .filter((field) => old !== undefined && old.spec[field] !== object.spec[field])
    .map((field) => forbiddenField(`spec.${field}`, 'cannot be changed; make another one'));
  const bytes = Buffer.byteLength(JSON.stringify(content));
  if (bytes > MAX_BYTES) causes.push(invalidField('spec.content', `must have at most ${MAX_BYTES} bytes as JSON, not ${bytes}`));
  else
    causes.push(...secretPaths(content, 'spec.content').map((path) => forbiddenField(path, 'looks like a secret, and is not kept here')));
  refuseIf(`UserItem "${object.metadata.name}"`, causes);
}
