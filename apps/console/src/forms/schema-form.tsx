import { valueAt } from '@slipway/model/browser';
import { Notice } from '@slipway/ui';
import { CircleAlert } from 'lucide-react';
import { type ReactNode, useMemo } from 'react';
import { parseDocument } from 'yaml';
import { editYaml, type YamlPath } from '../yaml/edit-yaml.ts';
import { type OpenApi, type Schema, schemaAt } from '../yaml/schema.ts';
import type { FieldProblem } from '../yaml/yaml-editor.tsx';
import { fieldText } from './field-words.ts';
import { Fields } from './field.tsx';
import './forms.css';
import { FormContext, type FormState } from './form-context.ts';

interface YamlFormProps {
  readonly document: OpenApi;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly problems: readonly FieldProblem[];
  readonly children: ReactNode;
}

/** Fields over a text in YAML: what they change, they change there, and nothing else. */
export function YamlForm({ document, text, onText, problems, children }: YamlFormProps) {
  const read = useMemo(() => parseDocument(text), [text]);
  const broken = read.errors[0];
  const value = useMemo(() => (broken === undefined ? (read.toJS() as unknown) : undefined), [read, broken]);
  const form: FormState = {
    document,
    valueAt: (path) => valueAt(value, path),
    set: (path, next) => onText(editYaml(text, path, next)),
    problemsAt: (field, below = false) =>
      problems.filter((one) => one.field === field || (below && one.field.startsWith(field))).map(({ message }) => message),
  };
  if (broken !== undefined)
    return (
      <Notice icon={CircleAlert} tone="bad" role="alert">
        <p>The YAML cannot be read: {broken.message.split('\n')[0]} Mend it there first; nothing of it is lost.</p>
      </Notice>
    );
  return (
    <FormContext value={form}>
      <div className="form">{children}</div>
    </FormContext>
  );
}

interface SchemaFormProps extends Omit<YamlFormProps, 'children'> {
  readonly schema: Schema;
  /** The parts of the object that the form shows: `[['spec']]`. */
  readonly parts: readonly YamlPath[];
}

/** A form made from a schema, with all fields of some parts of it. What is wrong is said at its field; the summary of it (`Problem`) is the page's. */
export function SchemaForm({ schema, parts, ...form }: SchemaFormProps) {
  return (
    <YamlForm {...form}>
      {parts.map((part) => (
        <Fields key={fieldText(part)} path={part} schema={schemaAt(form.document, schema, part) ?? {}} />
      ))}
    </YamlForm>
  );
}
