import { Button } from '@slipway/ui';
import { Plus, Trash2 } from 'lucide-react';
import { useId } from 'react';
import { fieldsOf, resolved, type Schema } from '../yaml/schema.ts';
import { Check, Choice, type FieldProps, Fieldset, Line, OnlyYaml, Problems } from './field-row.tsx';
import { fieldText, itemLabel, labelOf } from './field-words.ts';
import { useForm } from './form-context.ts';

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
