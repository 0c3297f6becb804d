import { type ReactNode, useId } from 'react';
import type { YamlPath } from '../yaml/edit-yaml.ts';
import { type Schema, typeWords } from '../yaml/schema.ts';
import { fieldText } from './field-words.ts';
import { useForm } from './form-context.ts';

export interface FieldProps {
  readonly path: YamlPath;
  readonly schema: Schema;
  readonly label: string;
  readonly required?: boolean | undefined;
}

/** What a control needs to be tied to its label, its explanation and what is wrong with it. */
interface Control {
  readonly id: string;
  readonly 'aria-describedby': string;
  readonly 'aria-invalid': boolean;
  readonly 'data-field': string;
}

/** Label, control, what it is and what is wrong with it, tied together for screen readers. */
export function Row(props: FieldProps & { readonly children: (control: Control) => ReactNode }) {
  const { document, problemsAt } = useForm();
  const id = useId();
  const problems = problemsAt(fieldText(props.path));
  // What can be chosen is seen in the control.
  const { enum: _choices, ...schema } = props.schema;
  const about = [schema.description, typeWords(document, schema)].filter(Boolean).join(' · ');
  return (
    <div className="form-row">
      <label htmlFor={id}>
        {props.label}
        {props.required && <span className="quiet"> (required)</span>}
      </label>
      {props.children({
        id,
        'aria-describedby': `${id}-about ${id}-problems`,
        'aria-invalid': problems.length > 0,
        'data-field': fieldText(props.path),
      })}
      <p id={`${id}-about`} className="small quiet">
        {about}
      </p>
      <p id={`${id}-problems`} className="form-problem">
        {problems.join(' ')}
      </p>
    </div>
  );
}

const usual = ({ default: value }: Schema): string | undefined =>
  value === undefined || value === null || typeof value === 'object' || value === '' ? undefined : String(value);

export function Choice(props: FieldProps) {
  const { valueAt, set } = useForm();
  const { path, schema, required } = props;
  const value = valueAt(path);
  const fallback = usual(schema);
  return (
    <Row {...props}>
      {(control) => (
        <select
          {...control}
          className="field"
          required={required}
          value={value === undefined ? '' : String(value)}
          onChange={(event) =>
            set(
              path,
              schema.enum?.find((one) => String(one) === event.target.value),
            )
          }
        >
          <option value="">{fallback === undefined ? (required ? 'Choose…' : 'Not set') : `Default (${fallback})`}</option>
          {[...new Set(schema.enum ?? [])].map((one) => (
            <option key={String(one)} value={String(one)}>
              {String(one)}
            </option>
          ))}
        </select>
      )}
    </Row>
  );
}

export function Check(props: FieldProps) {
  const { valueAt, set } = useForm();
  const { path, schema } = props;
  const value = valueAt(path) ?? schema.default ?? false;
  return (
    <Row {...props}>
      {(control) => (
        <input
          {...control}
          type="checkbox"
          className="form-check"
          checked={value === true}
          onChange={(event) => set(path, event.target.checked)}
        />
      )}
    </Row>
  );
}

const LONG = 2000;

/** A number or a text; what was typed and is no number goes to the hub as it is, which says what is wrong with it. */
export function Line(props: FieldProps) {
  const { valueAt, set } = useForm();
  const { path, schema, required } = props;
  const value = valueAt(path);
  const number = schema.type !== 'string';
  const secret = schema.format === 'password';
  const common = {
    className: 'field',
    required,
    placeholder: secret && value === '***' ? 'Kept as it is' : usual(schema),
    value: value === undefined || value === null || (secret && value === '***') ? '' : String(value),
    onChange: (event: { target: { value: string } }) => {
      const { value: typed } = event.target;
      const kept = secret && typed === '' && value === '***' ? value : undefined;
      set(path, typed === '' ? kept : number && Number.isFinite(Number(typed)) ? Number(typed) : typed);
    },
  };
  const long = schema.type === 'string' && !secret && ((schema.maxLength ?? 0) >= LONG || String(value ?? '').includes('\n'));
  return (
    <Row {...props}>
      {(control) =>
        long ? (
          <textarea {...control} rows={4} {...common} />
        ) : (
          <input
            {...control}
            type={secret ? 'password' : 'text'}
            autoComplete={secret ? 'new-password' : 'off'}
            inputMode={number ? 'decimal' : undefined}
            {...common}
          />
        )
      }
    </Row>
  );
}

export function Fieldset(props: FieldProps & { readonly children: ReactNode }) {
  return (
    <fieldset className="form-group">
      <legend>
        {props.label}
        {props.required && <span className="quiet"> (required)</span>}
      </legend>
      {props.schema.description !== undefined && <p className="small quiet">{props.schema.description}</p>}
      <Problems path={fieldText(props.path)} />
      {props.children}
    </fieldset>
  );
}

export function Problems({ path }: { readonly path: string }) {
  const problems = useForm().problemsAt(path);
  return problems.length === 0 ? null : (
    <p className="form-problem" tabIndex={-1} data-field={path}>
      {problems.join(' ')}
    </p>
  );
}

export function OnlyYaml({ label, schema, path }: FieldProps) {
  const value = useForm().valueAt(path);
  return (
    <div className="form-row">
      <span>{label}</span>
      <p className="small quiet">
        {schema.description} {value === undefined ? 'Not set.' : 'Set.'} It has any shape: edit it as YAML.
      </p>
      <Problems path={fieldText(path)} />
    </div>
  );
}
