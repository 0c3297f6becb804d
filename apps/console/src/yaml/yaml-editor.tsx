import { splitPath } from '@slipway/model/browser';
import { Skeleton } from '@slipway/ui';
import type { Knowledge, Problem } from '@slipway/ui/code-editor';
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import { parseDocument } from 'yaml';
import { transport } from '../hub/session.ts';
import { spanAt } from './edit-yaml.ts';
import { knowledgeOf } from './knowledge.ts';
import { type OpenApi, schemaOfKind } from './schema.ts';

const CodeEditor = lazy(() => import('@slipway/ui/code-editor'));

/** One field that is wrong, as the hub names it: `spec.pools[0].replicas`. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

interface YamlEditorProps {
  readonly label: string;
  /** Completes and explains the fields of this kind; without it, it is any YAML. */
  readonly kind?: string | undefined;
  readonly value: string;
  /** What else knows the text, when it is of no kind: the values of a layer. */
  readonly knowledge?: Knowledge | undefined;
  /** The text as it is read for its structure, place by place: where references stand in it unquoted. */
  readonly readAs?: ((value: string) => string) | undefined;
  /** Without it the text is for reading. */
  readonly onChange?: ((value: string) => void) | undefined;
  readonly problems?: readonly FieldProblem[] | undefined;
}

const NONE: readonly FieldProblem[] = [];

/** An object as YAML: with what its kind says of every field, and what is wrong at its place. */
export function YamlEditor({ label, kind, value, onChange, problems = NONE, ...more }: YamlEditorProps) {
  const ofKind = useKnowledge(kind);
  const { readAs, knowledge = ofKind } = more;
  const marks = useMemo(() => problemsIn(readAs === undefined ? value : readAs(value), problems), [value, problems, readAs]);
  return (
    <Suspense
      fallback={
        <div className="panel-body">
          <Skeleton lines={12} />
        </div>
      }
    >
      <CodeEditor label={label} value={value} onChange={onChange} problems={marks} knowledge={knowledge} />
    </Suspense>
  );
}

let served: Promise<OpenApi> | undefined;
/** The schemas of the hub, asked for once per page. */
export function openApi(): Promise<OpenApi> {
  served ??= transport.text('/openapi/v3/apis/slipway.dev/v1').then((text) => JSON.parse(text) as OpenApi);
  served.catch(() => (served = undefined));
  return served;
}

function useKnowledge(kind: string | undefined): Knowledge | undefined {
  const [knowledge, setKnowledge] = useState<Knowledge>();
  useEffect(() => {
    if (kind === undefined) return;
    let left = false;
    openApi().then(
      (document) => {
        const schema = schemaOfKind(document, kind);
        if (!left && schema !== undefined) setKnowledge(knowledgeOf(document, schema));
      },
      // It can be written without help too.
      () => undefined,
    );
    return () => void (left = true);
  }, [kind]);
  return knowledge;
}

/** What is wrong with a text, at its places: that it is no YAML, or what the hub says of its fields. */
export function problemsIn(text: string, problems: readonly FieldProblem[]): Problem[] {
  const document = parseDocument(text);
  if (document.errors.length > 0)
    return document.errors.map(({ pos: [from, to], message }) => ({ from, to, message: message.split('\n')[0] ?? '' }));
  return problems.map(({ field, message }) => {
    const [from, to] = spanAt(document, splitPath(field) ?? []) ?? [0, Math.max(0, text.indexOf('\n'))];
    return { from, to, message: `${field}: ${message}` };
  });
}
