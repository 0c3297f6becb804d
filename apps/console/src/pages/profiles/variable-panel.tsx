import type { FieldCause } from '@slipway/kit/errors';
import type { ProfileVersion, Variable } from '@slipway/model';
import { VARIABLE_NAME, VARIABLE_NAME_WORDS, variableUses } from '@slipway/model/browser-profiles';
import { Button, Empty, Panel } from '@slipway/ui';
import { useNavigate } from '@tanstack/react-router';
import { Trash2, Variable as VariableIcon } from 'lucide-react';
import { useEffect, useId, useMemo, useState } from 'react';
import { parse, stringify } from 'yaml';
import { fieldText } from '../../forms/field-words.ts';
import { Field } from '../../forms/field.tsx';
import { YamlForm } from '../../forms/schema-form.tsx';
import type { OpenApi } from '../../yaml/schema.ts';
import { VariableInputs } from '../create-cluster/variable-inputs.tsx';
import { causesOfVariable, definitionFields, fittedToType, whyVariableStays, withoutVariable, withVariable } from './variable-edit.ts';
import { VariableUses } from './variable-uses.tsx';

/** The fields of a variable are written out here; nothing in them is referred to by name. */
const NO_SCHEMAS: OpenApi = { components: { schemas: {} } };

export interface VariablePanelProps {
  readonly version: ProfileVersion;
  readonly name: string;
  readonly causes: readonly FieldCause[];
  readonly fixed: string | undefined;
  readonly edit: (change: (version: ProfileVersion) => ProfileVersion) => void;
}

/** The selected variable: what is said of it, the field as its consumers see it, and who uses it. */
export function VariablePanel({ version, name, causes, fixed, edit }: VariablePanelProps) {
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const at = version.variables.findIndex((one) => one.name === name);
  const variable = version.variables[at];
  const uses = useMemo(() => variableUses(version).filter((one) => one.variable === name), [version, name]);
  if (variable === undefined)
    return (
      <Panel title="Selected variable">
        <Empty icon={VariableIcon} title={`“${name}” is not declared in this version`}>
          <p>Select a variable of the list, or declare it there.</p>
        </Empty>
      </Panel>
    );
  const remove = () => {
    edit((before) => withoutVariable(before, name));
    void navigate({ search: (before) => ({ ...before, variable: undefined }) });
  };
  const rename = (next: string) => {
    edit((before) => withVariable(before, name, (one) => ({ ...one, name: next })));
    void navigate({ search: (before) => ({ ...before, variable: next }), replace: true });
  };
  return (
    <div className="stack">
      <Panel
        title={`Variable ${name}`}
        flush
        aside={
          <Button look="icon" aria-label={`Remove variable ${name}`} because={fixed ?? whyVariableStays(uses)} onClick={remove}>
            <Trash2 size={15} aria-hidden />
          </Button>
        }
      >
        <fieldset className="plain-fieldset" disabled={fixed !== undefined}>
          <legend className="visually-hidden">Definition</legend>
          {fixed !== undefined && <p className="variable-fixed quiet">{fixed}</p>}
          <div className="form variable-name">
            <NameField
              key={name}
              name={name}
              taken={version.variables.map((one) => one.name)}
              because={whyVariableStays(uses)}
              rename={rename}
            />
          </div>
          <Definition
            variable={variable}
            problems={causesOfVariable(causes, at)}
            change={(next) => edit((before) => withVariable(before, name, () => next))}
          />
        </fieldset>
      </Panel>
      <AsAsked key={`${name}/${variable.type}`} variable={variable} />
      <VariableUses uses={uses} />
    </div>
  );
}

function Definition(props: {
  readonly variable: Variable;
  readonly problems: readonly { readonly field: string; readonly message: string }[];
  readonly change: (next: Variable) => void;
}) {
  const { variable, problems, change } = props;
  const text = useMemo(() => stringify(variable, { lineWidth: 0 }), [variable]);
  const put = (next: string) => {
    const read = parse(next) as Variable;
    change(fittedToType({ ...read, type: read.type ?? 'string', description: read.description ?? '' }, variable.type));
  };
  const fields = definitionFields(variable);
  const shown = new Set(fields.map(({ path }) => fieldText(path)));
  const elsewhere = problems.filter(({ field }) => !shown.has(field.replace(/\[\d+\]$/, '')));
  return (
    <YamlForm document={NO_SCHEMAS} text={text} onText={put} problems={problems}>
      {elsewhere.length > 0 && <p className="form-problem">{elsewhere.map(({ message }) => message).join(' ')}</p>}
      {fields.map((field) => (
        <Field key={fieldText(field.path)} {...field} required={field.path[0] === 'type'} />
      ))}
    </YamlForm>
  );
}

/** A name is taken when somebody has finished writing it: half of one would be another variable. */
function NameField(props: {
  readonly name: string;
  readonly taken: readonly string[];
  readonly because: string | undefined;
  readonly rename: (next: string) => void;
}) {
  const { name, taken, because, rename } = props;
  const [typed, setTyped] = useState(name);
  const id = useId();
  const next = typed.trim();
  const wrong =
    next === name
      ? undefined
      : !VARIABLE_NAME.test(next)
        ? VARIABLE_NAME_WORDS
        : taken.includes(next)
          ? `“${next}” is declared already`
          : undefined;
  const finish = () => next !== name && wrong === undefined && rename(next);
  return (
    <div className="form-row">
      <label htmlFor={id}>Name</label>
      <input
        id={id}
        className="field mono"
        autoComplete="off"
        spellCheck={false}
        readOnly={because !== undefined}
        value={typed}
        aria-invalid={wrong !== undefined}
        aria-describedby={`${id}-about ${id}-wrong`}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={finish}
        onKeyDown={(event) => event.key === 'Enter' && finish()}
      />
      <p id={`${id}-about`} className="small quiet">
        {because === undefined ? `Layers use it as {{ .var.${name} }}.` : `Layers use it as {{ .var.${name} }}, so it keeps its name.`}
      </p>
      <p id={`${id}-wrong`} className="form-problem">
        {wrong}
      </p>
    </div>
  );
}

/** The very field of “Create cluster”, to be tried: what is typed here is kept nowhere. */
function AsAsked({ variable }: { readonly variable: Variable }) {
  const [text, setText] = useState('spec: {}\n');
  const asked = !variable.hidden && !variable.readOnly;
  // What was tried for other options or another default says nothing of these.
  const meaning = JSON.stringify([variable.options, variable.default]);
  useEffect(() => setText('spec: {}\n'), [meaning]);
  return (
    <Panel title="As it is asked for" aside={<span className="quiet small">when a cluster is created</span>} flush>
      {asked ? (
        <YamlForm document={NO_SCHEMAS} text={text} onText={setText} problems={[]}>
          <VariableInputs variables={[variable]} />
        </YamlForm>
      ) : (
        <p className="panel-body quiet">
          {variable.readOnly
            ? 'Nobody is asked: it is read-only and has its default.'
            : 'Nobody is asked: it is hidden, and set by those who know it.'}
        </p>
      )}
    </Panel>
  );
}
