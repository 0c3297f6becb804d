import type { FieldCause } from '@slipway/kit/errors';
import type { ProfileVersion, Variable } from '@slipway/model';
import { variableGaps, variableUses } from '@slipway/model/browser-profiles';
import { Button, Empty, Notice, Panel } from '@slipway/ui';
import { Link, useNavigate } from '@tanstack/react-router';
import { ArrowDown, ArrowUp, CircleX, EyeOff, Lock, type LucideIcon, Plus, TriangleAlert, Variable as VariableIcon } from 'lucide-react';
import { type KeyboardEvent, useMemo, useRef } from 'react';
import { causesOfVariable, withNewVariable, withVariableAt } from './variable-edit.ts';

export interface VariableListProps {
  readonly version: ProfileVersion;
  readonly selected: string | undefined;
  readonly causes: readonly FieldCause[];
  /** Why nothing can be changed; undefined for a draft that may be. */
  readonly fixed: string | undefined;
  readonly edit: (change: (version: ProfileVersion) => ProfileVersion) => void;
}

/** What clusters are asked for, in the order in which they are asked, and whether anything uses it. */
export function VariableList({ version, selected, causes, fixed, edit }: VariableListProps) {
  const navigate = useNavigate({ from: '/clusters/profiles/$in/$name' });
  const list = useRef<HTMLOListElement>(null);
  const { variables } = version;
  const uses = useMemo(() => variableUses(version), [version]);
  const gaps = useMemo(() => variableGaps(version), [version]);
  const declare = (wanted?: string) => {
    const made = withNewVariable(version, wanted);
    edit(() => made.version);
    void navigate({ search: (before) => ({ ...before, variable: made.name, layer: undefined }) });
  };
  const onKeyDown = (event: KeyboardEvent, name: string, at: number) => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (!event.altKey) list.current?.querySelectorAll<HTMLElement>('.variable-link')[at + step]?.focus();
    else if (fixed === undefined) edit((before) => withVariableAt(before, name, at + step));
  };
  return (
    <Panel
      title="Variables"
      flush
      aside={
        <Button because={fixed} onClick={() => declare()}>
          <Plus size={14} aria-hidden />
          Add variable
        </Button>
      }
    >
      {gaps.undeclared.map((name) => (
        <Notice key={name} icon={TriangleAlert} tone="warn">
          <div className="row wrap">
            <span className="grow">
              <code>{name}</code> is used in {places(uses, name)} and not declared.
            </span>
            <Button because={fixed} onClick={() => declare(name)}>
              Declare {name}
            </Button>
          </div>
        </Notice>
      ))}
      {variables.length === 0 && (
        <Empty icon={VariableIcon} title="No variables">
          <p>Whatever clusters of this profile shall differ in can be a variable, used as {'{{ .var.name }}'}.</p>
        </Empty>
      )}
      <ol ref={list} aria-label="Variables">
        {variables.map((variable, at) => (
          <li key={variable.name} className={`layer ${variable.name === selected ? 'layer-selected' : ''}`}>
            <Link
              to="."
              search={(before) => ({ ...before, variable: variable.name, layer: undefined })}
              className="layer-link variable-link"
              aria-current={variable.name === selected ? 'true' : undefined}
              onKeyDown={(event) => onKeyDown(event, variable.name, at)}
            >
              <span className="layer-main">
                <strong className="clip">{variable.displayName ?? variable.name}</strong>
                {variable.displayName !== undefined && <code className="small">{variable.name}</code>}
                <span className="quiet small">{variable.type}</span>
              </span>
              <VariableMarks
                variable={variable}
                problems={causesOfVariable(causes, at).length}
                used={gaps.unused.includes(variable.name) ? undefined : places(uses, variable.name)}
              />
            </Link>
            {fixed === undefined && (
              <span className="layer-moves">
                <Button
                  look="icon"
                  aria-label={`Ask for ${variable.name} earlier`}
                  because={at === 0 ? 'It is the first already.' : undefined}
                  onClick={() => edit((before) => withVariableAt(before, variable.name, at - 1))}
                >
                  <ArrowUp size={14} aria-hidden />
                </Button>
                <Button
                  look="icon"
                  aria-label={`Ask for ${variable.name} later`}
                  because={at === variables.length - 1 ? 'It is the last already.' : undefined}
                  onClick={() => edit((before) => withVariableAt(before, variable.name, at + 1))}
                >
                  <ArrowDown size={14} aria-hidden />
                </Button>
              </span>
            )}
          </li>
        ))}
      </ol>
    </Panel>
  );
}

function places(uses: ReturnType<typeof variableUses>, name: string): string {
  const count = uses.filter(({ variable }) => variable === name).length;
  return `${count} ${count === 1 ? 'place' : 'places'}`;
}

const Mark = ({ icon: Icon, tone, children }: { icon: LucideIcon; tone: string; children: string }) => (
  <span className="mark">
    <Icon size={13} className={`tone-${tone}`} aria-hidden />
    {children}
  </span>
);

function VariableMarks(props: { readonly variable: Variable; readonly problems: number; readonly used: string | undefined }) {
  const { variable, problems, used } = props;
  const words = [
    variable.required && variable.default === undefined && 'required',
    variable.immutable && 'said once',
    variable.readOnly && 'read-only',
  ].filter((word) => word !== false);
  return (
    <span className="layer-content small">
      {problems > 0 && <Mark icon={CircleX} tone="bad">{`${problems} ${problems === 1 ? 'problem' : 'problems'}`}</Mark>}
      {variable.type === 'secret' && (
        <Mark icon={Lock} tone="quiet">
          never shown
        </Mark>
      )}
      {variable.hidden && (
        <Mark icon={EyeOff} tone="quiet">
          hidden
        </Mark>
      )}
      {words.length > 0 && <span className="quiet">{words.join(', ')}</span>}
      {used === undefined ? (
        <Mark icon={TriangleAlert} tone="warn">
          not used
        </Mark>
      ) : (
        <span className="quiet">in {used}</span>
      )}
    </span>
  );
}
