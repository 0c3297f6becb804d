import { Button } from '@slipway/ui';
import { Plus, Trash2 } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import type { YamlPath } from '../yaml/edit-yaml.ts';
import { fieldsOf, resolved, type Schema, typeWords } from '../yaml/schema.ts';
import { useForm } from './form-context.ts';

interface FieldProps {
  readonly path: YamlPath;
  readonly schema: Schema;
  readonly label: string;
  readonly required?: boolean | undefined;
}

/** `memoryMiB` → `Memory MiB`. */
export function labelOf(name: string): string {
  const words = name
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .replaceAll(/ ([A-Z])(?=[a-z])/g, (_all, letter: string) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `spec.pools[0].name`, as the hub names fields. */
export const fieldText = (path: YamlPath): string =>
  path.reduce<string>(
    (text, step) =>
      typeof step === 'number'
        ? `${text}[${step}]`
        : /^[A-Za-z_][\w-]*$/.test(step)
          ? text === ''
            ? step
            : `${text}.${step}`
          : `${text}[${JSON.stringify(step)}]`,
    '',
  );

/** One field of a schema, whatever it is; what has no form of its own is said to be edited as YAML. */
export function Field(props: FieldProps) {
  const { document } = useForm();
  const schema = resolved(document, props.schema);
  const own = { ...props, schema };
  if (schema.enum !== undefined) return <Choice {...own} />;
  if (schema.type === 'boolean') return <Check {...own} />;
  if (schema.type === 'integer' || schema.type === 'number' || schema.type === 'string') return <Line {...own} />;
  if (schema.type === 'array') return <List {...own} />;
  if (Object.keys(fieldsOf(document, schema)).length > 0) return <Group {...own} />;
  if (typeof schema.additionalProperties === 'object' && resolved(document, schema.additionalProperties).type === 'string')
    return <Pairs {...own} />;
  return <OnlyYaml {...own} />;
}

/** The fields of an object, one below the other, those that must be there first. */
export function Fields({ path, schema }: Pick<FieldProps, 'path' | 'schema'>) {
  const { document } = useForm();
  const required = new Set(resolved(document, schema).required);
  const fields = Object.entries(fieldsOf(document, schema)).toSorted(([a], [b]) => Number(required.has(b)) - Number(required.has(a)));
  return fields.map(([name, field]) => (
    <Field key={name} path={[...path, name]} schema={field} label={field.title ?? labelOf(name)} required={required.has(name)} />
  ));
}

/** Label, control, what it is and what is wrong with it, tied together for screen readers. */
function Row(props: FieldProps & { readonly children: (ids: { id: string; described: string; invalid: boolean }) => ReactNode }) {
  const { document, problemsAt } = useForm();
  const id = useId();
  const problems = problemsAt(fieldText(props.path));
  const about = [props.schema.description, typeWords(document, props.schema)].filter(Boolean).join(' · ');
  return (
    <div className="form-row">
      <label htmlFor={id}>
        {props.label}
        {props.required && <span className="quiet"> (required)</span>}
      </label>
      {props.children({ id, described: `${id}-about ${id}-problems`, invalid: problems.length > 0 })}
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

function Choice(props: FieldProps) {
  const { valueAt, set } = useForm();
  const { path, schema, required } = props;
  const value = valueAt(path);
  const fallback = usual(schema);
  return (
    <Row {...props}>
      {({ id, described, invalid }) => (
        <select
          id={id}
          className="field"
          aria-describedby={described}
          aria-invalid={invalid}
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

function Check(props: FieldProps) {
  const { valueAt, set } = useForm();
  const { path, schema } = props;
  const value = valueAt(path) ?? schema.default ?? false;
  return (
    <Row {...props}>
      {({ id, described, invalid }) => (
        <input
          id={id}
          type="checkbox"
          className="form-check"
          aria-describedby={described}
          aria-invalid={invalid}
          checked={value === true}
          onChange={(event) => set(path, event.target.checked)}
        />
      )}
    </Row>
  );
}

const LONG = 2000;

/** A number or a text; what was typed and is no number goes to the hub as it is, which says what is wrong with it. */
function Line(props: FieldProps) {
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
      {({ id, described, invalid }) =>
        long ? (
          <textarea id={id} rows={4} aria-describedby={described} aria-invalid={invalid} {...common} />
        ) : (
          <input
            id={id}
            type={secret ? 'password' : 'text'}
            autoComplete={secret ? 'new-password' : 'off'}
            inputMode={number ? 'decimal' : undefined}
            aria-describedby={described}
            aria-invalid={invalid}
            {...common}
          />
        )
      }
    </Row>
  );
}

/** `Subjects` → `Subject 2`. */
const itemLabel = (label: string, index: number): string => `${label.replace(/(?<=[^s])s$/, '')} ${index + 1}`;

function List(props: FieldProps) {
  const { document, valueAt, set } = useForm();
  const { path, schema, label } = props;
  const items = valueAt(path);
  const count = Array.isArray(items) ? items.length : 0;
  const item = resolved(document, schema.items ?? {});
  const objects = Object.keys(fieldsOf(document, item)).length > 0;
  const fresh = objects ? {} : item.type === 'string' ? '' : (item.enum?.[0] ?? 0);
  return (
    <Fieldset {...props}>
      {Array.from({ length: count }, (_none, index) => (
        <div key={index} className="form-item">
          <div className="grow">
            {objects ? (
              <fieldset className="form-group">
                <legend>{itemLabel(label, index)}</legend>
                <Fields path={[...path, index]} schema={item} />
              </fieldset>
            ) : (
              <Field path={[...path, index]} schema={item} label={itemLabel(label, index)} />
            )}
          </div>
          <Button
            look="icon"
            aria-label={`Remove ${itemLabel(label, index).toLowerCase()}`}
            onClick={() => set([...path, index], undefined)}
          >
            <Trash2 size={14} aria-hidden />
          </Button>
        </div>
      ))}
      <Button onClick={() => set([...path, count], fresh)}>
        <Plus size={14} aria-hidden />
        Add to {label.toLowerCase()}
      </Button>
    </Fieldset>
  );
}

/** Names and texts. */
function Pairs(props: FieldProps) {
  const { document, valueAt, set } = useForm();
  const { path, schema, label } = props;
  const map = (valueAt(path) ?? {}) as Record<string, unknown>;
  const id = useId();
  const inner = resolved(document, schema.additionalProperties as Schema);
  const add = (input: HTMLInputElement | null) => {
    const name = input?.value.trim() ?? '';
    if (input === null || name === '' || Object.hasOwn(map, name)) return;
    set([...path, name], '');
    input.value = '';
  };
  return (
    <Fieldset {...props}>
      {Object.keys(map).map((name) => (
        <div key={name} className="form-item">
          <div className="grow">
            <Field path={[...path, name]} schema={inner} label={name} />
          </div>
          <Button look="icon" aria-label={`Remove ${name}`} onClick={() => set([...path, name], undefined)}>
            <Trash2 size={14} aria-hidden />
          </Button>
        </div>
      ))}
      <div className="row">
        <input
          id={id}
          className="field grow"
          aria-label={`Name of what to add to ${label.toLowerCase()}`}
          placeholder="Name"
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add(event.currentTarget);
          }}
        />
        <Button onClick={() => add(globalThis.document.getElementById(id) as HTMLInputElement | null)}>
          <Plus size={14} aria-hidden />
          Add to {label.toLowerCase()}
        </Button>
      </div>
    </Fieldset>
  );
}

function Group(props: FieldProps) {
  const { problemsAt, valueAt } = useForm();
  const text = fieldText(props.path);
  const open = props.required === true || valueAt(props.path) !== undefined || problemsAt(text, true).length > 0;
  return (
    <details className="form-group" open={open}>
      <summary>
        {props.label}
        {props.schema.description !== undefined && <span className="small quiet"> · {props.schema.description}</span>}
      </summary>
      <Problems path={text} />
      <Fields path={props.path} schema={props.schema} />
    </details>
  );
}

function Fieldset(props: FieldProps & { readonly children: ReactNode }) {
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

function Problems({ path }: { readonly path: string }) {
  const problems = useForm().problemsAt(path);
  return problems.length === 0 ? null : <p className="form-problem">{problems.join(' ')}</p>;
}

function OnlyYaml({ label, schema, path }: FieldProps) {
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
