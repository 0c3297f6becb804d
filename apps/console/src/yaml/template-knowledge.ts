import type { Knowledge, Suggestion } from '@slipway/ui/code-editor';
import { CLUSTER_FACTS, FUNCTION_NAMES, FUNCTION_SIGNATURES } from '@slipway/model/browser-profiles';

/** Something that a text may refer to: `host`, with what it is. */
export interface TemplateName {
  readonly name: string;
  readonly detail?: string | undefined;
  readonly info?: string | undefined;
}

/** What the references of a layer's texts can lead to. */
export interface TemplateNames {
  readonly variables: readonly TemplateName[];
  readonly macros: readonly TemplateName[];
  readonly layers: readonly string[];
}

/** Completes and explains what stands in `{{ … }}`; everything else is `inner`'s, and behind a colon both have a say. */
export function templateKnowledge(names: TemplateNames, inner?: Knowledge): Knowledge {
  const references = referencesOf(names);
  return {
    complete(text, at) {
      const inside = expressionBefore(text, at);
      if (inside !== undefined) return completeInside(references, inside, { text, at });
      const found = inner?.complete(text, at);
      const behindColon = /:\s+([\w.-]*)$/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1, at));
      if (behindColon === null) return found;
      const whole = references.map((one): Suggestion => ({ ...one, apply: `{{ ${one.label} }}` }));
      return { from: at - (behindColon[1]?.length ?? 0), options: [...(found?.options ?? []), ...whole] };
    },
    explain(text, at) {
      const end = at + (/^[\w.-]*/.exec(text.slice(at))?.[0].length ?? 0);
      const inside = expressionBefore(text, end);
      if (inside === undefined) return inner?.explain(text, at);
      const word = /[\w.-]*$/.exec(inside)?.[0] ?? '';
      const found = [...references, ...FUNCTIONS].find(({ label }) => label === word);
      return found === undefined
        ? undefined
        : { from: end - word.length, to: end, text: [found.info, found.detail].filter(Boolean).join(' · ') };
    },
  };
}

const FUNCTIONS: readonly Suggestion[] = FUNCTION_NAMES.map((name) => {
  const [least, most] = FUNCTION_SIGNATURES[name].takes;
  const takes = most === 0 ? 'function' : `function of ${least === most ? least : `${least} or ${most}`}`;
  return { label: name, detail: takes, info: FUNCTION_SIGNATURES[name].about };
});

const referencesOf = ({ variables, macros, layers }: TemplateNames): readonly Suggestion[] => [
  ...variables.map(({ name, ...about }) => ({ label: `.var.${name}`, ...about })),
  ...macros.map(({ name, ...about }) => ({ label: `.macro.${name}`, ...about })),
  ...CLUSTER_FACTS.map((fact) => ({ label: `.cluster.${fact}`, detail: 'fact of the cluster' })),
  ...layers.flatMap((layer) =>
    ['values', 'namespace', 'version'].map((part) => ({ label: `.layer.${layer}.${part}`, detail: 'of another layer' })),
  ),
];

/** What stands between the last open braces of the line and the cursor; undefined outside of an expression. */
function expressionBefore(text: string, at: number): string | undefined {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
  const open = line.lastIndexOf('{{');
  return open < 0 || line.includes('}}', open) ? undefined : line.slice(open + 2);
}

function completeInside(
  references: readonly Suggestion[],
  inside: string,
  { text, at }: { readonly text: string; readonly at: number },
): ReturnType<Knowledge['complete']> {
  const rest = text.slice(at).split('\n', 1)[0] ?? '';
  const closed = rest.includes('}}') && !rest.slice(0, rest.indexOf('}}')).includes('{{');
  const written = (one: Suggestion): Suggestion => (closed ? one : { ...one, apply: `${one.label} }}` });
  const call = /\|\s*(\w*)$/.exec(inside);
  // A function may take more: what closes the braces is written with references only.
  if (call !== null) return { from: at - (call[1]?.length ?? 0), options: FUNCTIONS };
  const word = /(?:^|[\s(])(\.[\w.-]*|)$/.exec(inside);
  return word === null ? undefined : { from: at - (word[1]?.length ?? 0), options: references.map(written) };
}
