import { invalidField, refuseIf } from '../meta/causes.ts';
import { deepEqual } from '../meta/diff.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { placeUrlProblems } from '../meta/place-url.ts';
import type { RegistrySpec } from './registry.ts';

const EXAMPLE = 'https://charts.example.org or oci://registry.example.org/charts';

/** A registry's URL names a place and nothing else: credentials in it would show in every list. */
export async function admitRegistry({ object, old }: AdmissionInput<RegistrySpec, any>): Promise<void> {
  const { spec } = object;
  if (spec.type === 'builtin' || (old && deepEqual(old.spec, spec))) return;
  refuseIf(
    `Registry "${object.metadata.name}"`,
    placeUrlProblems(spec.url, EXAMPLE).map((problem) => invalidField('spec.url', problem)),
  );
}
