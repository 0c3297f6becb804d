import { z } from 'zod';
import { defineScopedKinds, SCOPES } from '../meta/scopes.ts';
import { secretText } from '../meta/secret-fields.ts';
import { admitMacro, admitMacroDelete } from './admit.ts';

export const MACRO_FAMILY = 'Macro';
/** Characters a macro may hold. */
export const MAX_MACRO = 4096;

export const macroSpecSchema = z.strictObject({
  description: z.string().default(''),
  /** What stands for `{{ .macro.<name> }}`. */
  value: z.string().max(MAX_MACRO).optional(),
  /** The same for what nobody may read. */
  secretValue: secretText(z.string().max(MAX_MACRO)).optional(),
});
export type MacroSpec = z.infer<typeof macroSpecSchema>;

export const macroStatusSchema = z.object({});
export type MacroStatus = z.infer<typeof macroStatusSchema>;

export const macroKinds = defineScopedKinds<MacroSpec, MacroStatus>({
  kind: MACRO_FAMILY,
  plural: 'macros',
  scopes: SCOPES,
  description:
    'A value with a name that every profile may use as {{ .macro.<name> }}: the project’s goes before the tenant’s, and that before this installation’s.',
  spec: macroSpecSchema,
  status: macroStatusSchema,
  admit: admitMacro,
  admitDelete: admitMacroDelete,
  columns: [
    { name: 'VALUE', value: (macro) => macro.spec.value ?? macro.spec.secretValue },
    { name: 'DESCRIPTION', value: (macro) => macro.spec.description },
  ],
});
