import { MAX_FILLED, known, type References } from './evaluate.ts';
import { fill } from './fill.ts';

/** Whatever a text holds, something stands behind every reference in it. */
const EVERYTHING: References = {
  find: ({ root, name }) => {
    if (root === 'var') return known(name.length % 2 === 0 ? ['10.0.0.0/16', name, 3] : `${name} 10.0.0.0/8`);
    if (root === 'macro') return known('c2VjcmV0', { secret: true });
    return root === 'layer' ? known({ [name]: [name, { deep: true }] }, { weight: 100 }) : { missing: `there is no ${name}`, final: false };
  },
};

/**
 * Any text as a template: for fuzzing. Throws only for what must not happen: an error that is no cause, an output beyond the limits, a secret that is not marked.
 */
export function fuzzTemplate(input: string | Uint8Array): void {
  const text = typeof input === 'string' ? input : new TextDecoder().decode(input);
  const scope = { references: EVERYTHING, budget: { left: MAX_FILLED }, causes: [], secretTexts: new Set<string>() };
  const { value, secret, leaves } = fill({ [text.slice(0, 40)]: [text, `x${text}y`] }, 'fuzz', scope);
  if (JSON.stringify(value).length > MAX_FILLED * 6 + text.length * 20) throw new Error('a template made more than its budget allows');
  if (secret && leaves.length === 0 && scope.causes.length === 0) throw new Error('a secret went in unmarked');
}
