import type { KindAddress } from '@slipway/api/browser';
import type { ApiObject, NewObject } from '@slipway/model';
import { Button, Notice, Panel, Skeleton } from '@slipway/ui';
import { useBlocker } from '@tanstack/react-router';
import { FileClock, Trash2 } from 'lucide-react';
import { useEffect, useId, useRef, useState } from 'react';
import { parse } from 'yaml';
import { Problem } from '../pages/problem-pages.tsx';
import { editYaml, type YamlPath } from '../yaml/edit-yaml.ts';
import { type OpenApi, type Schema, schemaOfKind } from '../yaml/schema.ts';
import { openApi, YamlEditor } from '../yaml/yaml-editor.tsx';
import { useUnsaved } from '../state/unsaved.ts';
import { focusField, focusFirstWrong } from './focus-field.ts';
import { LeaveDialog } from './leave-dialog.tsx';
import { Review } from './review.tsx';
import { SchemaForm } from './schema-form.tsx';
import { TwoPeople } from './two-people.tsx';
import { editableText, useEditing } from './use-editing.ts';

interface ObjectEditorProps {
  readonly kind: KindAddress;
  /** The object as it is; undefined for a new one. */
  readonly object?: ApiObject | undefined;
  /** It was deleted while somebody edits it. */
  readonly gone?: boolean;
  /** What a new one begins with. */
  readonly start?: NewObject | undefined;
  readonly onSaved: (object: ApiObject) => void;
  readonly onCancel: () => void;
}

const SPEC: readonly YamlPath[] = [['spec']];

/** Create or change an object: a form and its YAML, which are one text; what the hub would make of it, before it is saved. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function ObjectEditor(props: ObjectEditorProps) {
  const [document, setDocument] = useState<OpenApi>();
  const [failed, setFailed] = useState<unknown>();
  useEffect(() => void openApi().then(setDocument, setFailed), []);
  if (failed !== undefined) return <Problem error={failed} />;
  const schema = document === undefined ? undefined : schemaOfKind(document, props.kind.kind);
  if (document === undefined || schema === undefined) return <Skeleton lines={8} />;
  return <Editor {...props} document={document} schema={schema} />;
}

type EditorProps = ObjectEditorProps & { readonly document: OpenApi; readonly schema: Schema };

/** Whatever step somebody is at: what is not saved asks before it is left. */
function Editor(props: EditorProps) {
  const editing = useEditing(props);
  const blocker = useBlocker({ shouldBlockFn: editing.unsaved, enableBeforeUnload: editing.unsaved, withResolver: true });
  useUnsaved(editing.unsaved);
  return (
    <>
      <EditingStep {...props} editing={editing} />
      {blocker.status === 'blocked' && <LeaveDialog onStay={blocker.reset} onLeave={blocker.proceed} />}
    </>
  );
}

type StepProps = EditorProps & { readonly editing: ReturnType<typeof useEditing> };

function EditingStep(props: StepProps) {
  const { kind, object, gone, editing } = props;
  const { text, step } = editing;
  if (editing.theirs !== undefined) return <TwoPeople base={editing.base} theirs={editing.theirs} mine={text} onTake={editing.goOnWith} />;
  if (step.word === 'review')
    return (
      <Review
        kind={kind}
        before={object === undefined || gone ? '' : editableText(object)}
        after={editableText(step.result)}
        text={text}
        warnings={step.warnings}
        busy={editing.busy}
        onBack={editing.edit}
        onSave={() => void editing.save()}
      />
    );
  return <Writing {...props} />;
}

function Writing({ kind, object, gone = false, onCancel, document, schema, editing }: StepProps) {
  const { text, setText, dirty, error } = editing;
  const [as, setAs] = useState<'form' | 'yaml'>('form');
  const area = useRef<HTMLDivElement>(null);
  const problems = (error?.causes ?? []).map(({ field, message }) => ({ field, message }));
  useEffect(() => {
    if (error !== undefined) focusFirstWrong(area.current);
  }, [error]);
  const goTo = (field: string) => {
    if (!focusField(area.current, field)) setAs('yaml');
  };
  return (
    <div ref={area} className="stack">
      {editing.resumed && (
        <Notice icon={FileClock} role="status">
          <p className="row wrap">
            What you had written here and not saved is back, without secrets.
            <Button look="plain" onClick={editing.startOver}>
              Start over
            </Button>
          </p>
        </Notice>
      )}
      {gone && (
        <Notice icon={Trash2} tone="warn" role="status">
          <p>Somebody deleted this while you were editing it. Nothing you wrote is lost: saving makes it again.</p>
        </Notice>
      )}
      {error !== undefined && <Problem error={error} onField={as === 'form' ? goTo : undefined} />}
      <Panel
        title={object === undefined ? `New ${kind.kind}` : `Edit ${object.metadata.name}`}
        flush
        aside={<FormOrYaml as={as} onChange={setAs} />}
      >
        {as === 'form' ? (
          <>
            {object === undefined && <NameField text={text} onText={setText} problems={problems} />}
            <SchemaForm document={document} schema={schema} parts={SPEC} text={text} onText={setText} problems={problems} />
          </>
        ) : (
          <YamlEditor label={`YAML of ${kind.kind}`} kind={kind.kind} value={text} onChange={setText} problems={problems} />
        )}
        <div className="form-foot">
          <Button
            look="primary"
            because={refusal(editing.busy, dirty || object === undefined || gone)}
            onClick={() => void editing.review()}
          >
            Review changes
          </Button>
          <Button onClick={onCancel}>Cancel</Button>
          {dirty && <span className="small quiet">Not saved yet; kept in this browser.</span>}
        </div>
      </Panel>
    </div>
  );
}

const refusal = (busy: boolean, changed: boolean): string | undefined =>
  busy ? 'The hub is being asked' : changed ? undefined : 'Nothing is changed yet';

/** Two views of one text. */
function FormOrYaml(props: { readonly as: 'form' | 'yaml'; readonly onChange: (as: 'form' | 'yaml') => void }) {
  return (
    <div className="segments" role="group" aria-label="Edit as">
      {(['form', 'yaml'] as const).map((one) => (
        <button
          key={one}
          type="button"
          className="segment segment-button"
          aria-pressed={one === props.as}
          onClick={() => props.onChange(one)}
        >
          {one === 'form' ? 'Form' : 'YAML'}
        </button>
      ))}
    </div>
  );
}

/** A new object's name, which the schema leaves to the metadata of every kind. */
function NameField(props: {
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly problems: readonly { field: string; message: string }[];
}) {
  const { text, onText, problems } = props;
  let name = '';
  try {
    name = String((parse(text) as NewObject | null)?.metadata?.name ?? '');
  } catch {
    // The form below says so.
  }
  const wrong = problems.filter(({ field }) => field === 'metadata.name').map(({ message }) => message);
  const id = useId();
  return (
    <div className="form form-name">
      <div className="form-row">
        <label htmlFor={id}>
          Name<span className="quiet"> (required)</span>
        </label>
        <input
          id={id}
          className="field"
          required
          autoComplete="off"
          value={name}
          aria-invalid={wrong.length > 0}
          aria-describedby={`${id}-about ${id}-problems`}
          data-field="metadata.name"
          onChange={(event) => onText(editYaml(text, ['metadata', 'name'], event.target.value))}
        />
        <p id={`${id}-about`} className="small quiet">
          Lower case letters, digits and dashes; it cannot be changed later.
        </p>
        <p id={`${id}-problems`} className="form-problem">
          {wrong.join(' ')}
        </p>
      </div>
    </div>
  );
}
