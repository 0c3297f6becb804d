import { type ObjectStore, secretFieldsOf } from '@slipway/model';
import { UNCONVERTED } from './conversion.ts';
import type { ServedKind } from './kind-schema.ts';

interface Written {
  readonly store: ObjectStore;
  readonly tenant: string;
  readonly project?: string | undefined;
  readonly name: string;
}

/** What is written, with masks for secrets that are stored just so: it is compared, and its fields are owned, as what the caller would read. */
export async function recognized<T>(served: ServedKind, { store, tenant, project, name }: Written, raw: T): Promise<T> {
  const spec = (raw as { spec?: unknown } | undefined)?.spec;
  // Most kinds have none, and need no look at what is stored. Another version may have its secrets elsewhere.
  if (secretFieldsOf(served.kind).length === 0 || served.conversion !== UNCONVERTED || typeof spec !== 'object' || spec === null)
    return raw;
  return { ...raw, spec: await store.maskStored({ tenant, kind: served.kind.kind, project, name }, spec) };
}
