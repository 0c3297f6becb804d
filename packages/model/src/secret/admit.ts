import { forbiddenField, invalidField, refuseIf } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { SecretSpec } from './secret.ts';

/** Bytes of all values at most, as in Kubernetes. */
const MAX_BYTES = 1024 * 1024;

const bytesOf = (base64: string): number => Math.floor((base64.replace(/=+$/, '').length * 3) / 4);

export async function admitSecret({ object, old }: AdmissionInput<SecretSpec, any>): Promise<void> {
  const { data, type } = object.spec;
  const bytes = Object.values(data).reduce((sum, value) => sum + bytesOf(value), 0);
  const causes = bytes > MAX_BYTES ? [invalidField('data', `may hold ${MAX_BYTES} bytes in all, not ${bytes}`)] : [];
  if (old !== undefined && old.spec.type !== type)
    causes.push(forbiddenField('type', 'cannot be changed: delete the secret and make it anew'));
  // That its values stay the same is seen to where they are opened; its keys can be compared here.
  if (old?.spec.immutable === true) {
    if (object.spec.immutable !== true) causes.push(forbiddenField('immutable', 'cannot be unset once it is true'));
    if (!deepEqual(Object.keys(old.spec.data).toSorted(), Object.keys(data).toSorted())) {
      causes.push(forbiddenField('data', 'cannot be changed because `immutable` is set'));
    }
  }
  refuseIf(`Secret "${object.metadata.name}"`, causes);
}
