import { invalidField, refuseIf } from '../meta/causes.ts';
import { deepEqual } from '../meta/diff.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import type { RegistrySpec } from './registry.ts';

/** A registry's URL names a place and nothing else: credentials in it would show in every list. */
export async function admitRegistry({ object, old }: AdmissionInput<RegistrySpec, any>): Promise<void> {
  const { spec } = object;
  if (spec.type === 'builtin' || (old && deepEqual(old.spec, spec))) return;
  refuseIf(
    `Registry "${object.metadata.name}"`,
    urlProblems(spec.url).map((problem) => invalidField('spec.url', problem)),
  );
}

function urlProblems(text: string): string[] {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url?.hostname) return ['must be a URL with a host, such as https://charts.example.org or oci://registry.example.org/charts'];
  return [
    ...(url.username || url.password ? ['must not hold a user name or password'] : []),
    ...(url.search || url.hash ? ['must not have a query or fragment'] : []),
    ...(/\s/.test(text) ? ['must not hold spaces'] : []),
  ];
}
