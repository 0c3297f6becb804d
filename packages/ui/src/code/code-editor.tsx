import { autocompletion, closeCompletion, type CompletionSource, completionKeymap } from '@codemirror/autocomplete';
import { type Diagnostic, lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { EditorView, hoverTooltip, keymap } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { shadowOf, yamlSetup } from './code-setup.ts';

/** Something to mend, at offsets of the text. */
export interface Problem {
  readonly from: number;
  readonly to: number;
  readonly message: string;
}

/** What knows the text: what may come at a place, and what is meant by what is there. */
export interface Knowledge {
  /** What may stand where the cursor is. */
  complete(text: string, at: number): { readonly from: number; readonly options: readonly Suggestion[] } | undefined;
  /** What is said of a word when the pointer rests on it. */
  explain(text: string, at: number): { readonly from: number; readonly to: number; readonly text: string } | undefined;
}

export interface Suggestion {
  readonly label: string;
  /** A few words beside it: its type. */
  readonly detail?: string | undefined;
  readonly info?: string | undefined;
  /** What is written, when it is more than the label. */
  readonly apply?: string | undefined;
}

export interface CodeEditorProps {
  readonly label: string;
  readonly value: string;
  /** Without it the text can be read, searched and copied only. */
  readonly onChange?: ((value: string) => void) | undefined;
  readonly problems?: readonly Problem[] | undefined;
  readonly knowledge?: Knowledge | undefined;
}

/** A text in YAML. It is large, so it is loaded when one is shown: `lazy(() => import('@slipway/ui/code-editor'))`. */
// oxlint-disable-next-line import/no-default-export -- React.lazy takes the default export.
export default function CodeEditor({ label, value, onChange, problems = [], knowledge }: CodeEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange, knowledge });
  latest.current = { onChange, knowledge };
  const first = useRef(value);
  const readOnly = onChange === undefined;
  useEffect(() => {
    if (host.current === null) return;
    const root = shadowOf(host.current);
    const complete: CompletionSource = ({ state, pos, explicit }) => {
      const found = latest.current.knowledge?.complete(state.doc.toString(), pos);
      if (found === undefined || (!explicit && found.from === pos)) return null;
      return { from: found.from, options: found.options.map((option) => ({ ...option }) as { label: string }), validFor: /^[\w.-]*$/ };
    };
    const explain = hoverTooltip(({ state }, pos) => {
      const found = latest.current.knowledge?.explain(state.doc.toString(), pos);
      if (found === undefined) return null;
      return {
        pos: found.from,
        end: found.to,
        above: true,
        create: () => {
          const dom = document.createElement('div');
          dom.textContent = found.text;
          dom.style.padding = '8px 12px';
          return { dom };
        },
      };
    });
    const made = new EditorView({
      doc: first.current,
      parent: root,
      root,
      extensions: [
        yamlSetup({ label, readOnly }),
        autocompletion({ override: [complete], icons: false }),
        explain,
        lintGutter(),
        keymap.of([{ key: 'Escape', run: closeCompletion }, ...completionKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange?.(update.state.doc.toString());
        }),
      ],
    });
    view.current = made;
    return () => {
      first.current = made.state.doc.toString();
      made.destroy();
    };
  }, [label, readOnly]);
  useEffect(() => {
    const now = view.current?.state.doc.toString();
    if (now !== undefined && now !== value) view.current?.dispatch({ changes: { from: 0, to: now.length, insert: value } });
  }, [value]);
  useEffect(() => {
    const made = view.current;
    if (made === undefined) return;
    const end = made.state.doc.length;
    const diagnostics = problems.map(({ from, to, message }): Diagnostic => ({
      from: Math.min(from, end),
      to: Math.min(Math.max(to, from), end),
      message,
      severity: 'error',
    }));
    made.dispatch(setDiagnostics(made.state, diagnostics));
  }, [problems, value]);
  return <div ref={host} className="code-editor" data-typing={readOnly ? undefined : ''} />;
}
