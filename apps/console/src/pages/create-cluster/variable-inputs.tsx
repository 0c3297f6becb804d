import type { Variable } from '@slipway/model';
import { fieldText } from '../../forms/field-words.ts';
import { Field } from '../../forms/field.tsx';
import { variableFields } from './variable-fields.ts';

/** The fields that a consumer of a profile fills in. The builder shows the same, so what its author sees is what will be asked. */
export const VariableInputs = ({ variables }: { readonly variables: readonly Variable[] }) =>
  variableFields(variables).map(({ path, ...field }) => <Field key={fieldText(path)} path={path} {...field} />);
