import { forbiddenField, invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { deepEqual } from '../meta/diff.ts';
import type { MacroSpec, MacroStatus } from './macro.ts';

/** A macro has one value, open or secret, under a name that a reference can say. */
export async function admitMacro({ object, old }: AdmissionInput<MacroSpec, MacroStatus>): Promise<void> {
  if (old && deepEqual(old.spec, object.spec)) return;
  const { name } = object.metadata;
  const { value, secretValue } = object.spec;
  const causes = [];
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) {
    causes.push(
      invalidField('metadata.name', 'must hold only lower-case letters, digits and "-": references say it as {{ .macro.<name> }}'),
    );
  }
  if (value === undefined && secretValue === undefined) causes.push(requiredField('spec.value', 'a macro needs a value or a secretValue'));
  if (value !== undefined && secretValue !== undefined)
    causes.push(forbiddenField('spec.value', 'a macro has either a value or a secretValue, not both'));
  if (value?.includes('{{')) causes.push(invalidField('spec.value', 'must not hold references: a macro is a value, not a template'));
  refuseIf(`${object.kind} "${name}"`, causes);
}

export async function admitMacroDelete(): Promise<void> {}
