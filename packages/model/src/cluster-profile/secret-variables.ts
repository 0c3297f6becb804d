import type { FieldCause } from '@slipway/kit';
import { duplicateField, forbiddenField, listOf, requiredField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import type { Variable } from './variable.ts';

/** Where a cluster's secret variables come from; what they hold is no business of who reads this. */
export interface SecretSources {
  readonly secretVariables: Readonly<Record<string, unknown>>;
  readonly secretVariablesFrom: Readonly<Record<string, unknown>>;
}

/** Whether every secret variable has one source, and nothing else has. What the values are is seen where they are opened. */
export function checkSecretSources(declared: readonly Variable[], given: SecretSources): FieldCause[] {
  const secrets = declared.filter(({ type }) => type === 'secret');
  const known = new Set(secrets.map(({ name }) => name));
  const causes: FieldCause[] = [];
  for (const field of ['secretVariables', 'secretVariablesFrom'] as const) {
    for (const name of Object.keys(given[field])) {
      if (known.has(name)) continue;
      const message = `the profile has no secret variable "${name}"; it has: ${listOf([...known])}`;
      causes.push(forbiddenField(joinPath(`spec.${field}`, name), message));
    }
  }
  for (const { name, required } of secrets) {
    const here = Object.hasOwn(given.secretVariables, name);
    const there = Object.hasOwn(given.secretVariablesFrom, name);
    if (here && there) causes.push(duplicateField(joinPath('spec.secretVariablesFrom', name), 'is given in spec.secretVariables too'));
    if (!here && !there && required)
      causes.push(
        requiredField(joinPath('spec.secretVariables', name), 'is required: a secret text, or spec.secretVariablesFrom a Secret'),
      );
  }
  return causes;
}
