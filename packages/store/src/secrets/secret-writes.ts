import { canonicalJson, SlipwayError } from '@slipway/kit';
import {
  findKind,
  maskLastApplied,
  mergeSecrets,
  type NewObject,
  putSecrets,
  type SecretField,
  secretFieldsOf,
  takeSecrets,
} from '@slipway/model';
import { objectOf, type ObjectRow } from '../rows.ts';
import { type Sealed, type SecretOwner, type Vault } from './vault.ts';

export interface PreparedSecrets<T extends NewObject = NewObject> {
  /** With masks, also in what `kubectl apply` keeps in an annotation. */
  readonly object: T;
  /** Other values than those that are stored. */
  readonly changed: boolean;
  /** The envelope to store; undefined when the stored one stays, null when nothing is secret any more. */
  seal(owner: SecretOwner): Promise<Sealed | null | undefined>;
}

export const ownerOf = ({ tenant, kind, project, name, uid }: SecretOwner): SecretOwner => ({ tenant, kind, project, name, uid });

/** Takes secret values out of what is written, before anything of it reaches a row, the change log or a record. */
export function createSecretWrites(vault: Vault | undefined) {
  const fieldsOf = (name: string): readonly SecretField[] => {
    const kind = findKind(name);
    return kind === undefined ? [] : secretFieldsOf(kind);
  };
  return {
    /** With the mask in place of every secret that is the stored one. */
    async maskSame<T>(spec: T, old: ObjectRow): Promise<T> {
      const fields = fieldsOf(old.kind);
      const { masked, values } = takeSecrets(spec, fields);
      if (vault === undefined || Object.keys(values).length === 0 || takeSecrets(old.spec, fields).kept.length === 0) return spec;
      const stored = await vault.open(ownerOf(old));
      const others = Object.entries(values).filter(([place, value]) => stored[place] !== value);
      return putSecrets(masked, fields, Object.fromEntries(others));
    },
    /** Undefined for kinds that have no secrets. */
    async prepare<T extends NewObject>(object: T, old: ObjectRow | undefined): Promise<PreparedSecrets<T> | undefined> {
      const kind = findKind(object.kind);
      const fields = fieldsOf(object.kind);
      if (kind === undefined || fields.length === 0) return undefined;
      const taken = takeSecrets(object.spec, fields);
      const what = `${object.kind} "${object.metadata.name ?? ''}"`;
      // Most clusters hold none: neither a key nor a look at the envelopes is needed then.
      const held = old !== undefined && takeSecrets(old.spec, fields).kept.length > 0 ? old : undefined;
      const needed = held !== undefined || taken.kept.length > 0 || Object.keys(taken.values).length > 0;
      if (vault === undefined && needed)
        throw new SlipwayError('Internal', `${object.kind} holds secrets, and there is no key to encrypt them with.`);
      const stored = vault === undefined || held === undefined ? {} : await vault.open(ownerOf(held));
      const values = mergeSecrets(taken, stored, what);
      const changed = canonicalJson(values) !== canonicalJson(stored);
      if (changed && old !== undefined && kind.secretsFixed?.(objectOf(old))) {
        throw new SlipwayError('Invalid', `${what} is invalid: its values cannot be changed because it is immutable.`, {
          hint: 'Delete it and make it anew.',
          causes: [{ field: 'data', reason: 'FieldValueForbidden', message: 'field is immutable when `immutable` is set' }],
        });
      }
      const annotations = maskLastApplied(object.metadata.annotations, (applied) => ({
        ...applied,
        spec: takeSecrets(applied['spec'], fields).masked,
      }));
      return {
        object: { ...object, metadata: { ...object.metadata, ...(annotations === undefined ? {} : { annotations }) }, spec: taken.masked },
        changed,
        seal: async (owner) => {
          if (!changed) return undefined;
          return vault === undefined || Object.keys(values).length === 0 ? null : vault.seal(ownerOf(owner), values);
        },
      };
    },
  };
}
