/** `spec.pools[0].labels["a.b"]`: a path as users read it. */
export function fieldPath(steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const word = String(step);
    if (!/^[A-Za-z_][\w-]*$/.test(word)) return `${text}["${word}"]`;
    return text === '' ? word : `${text}.${word}`;
  }, '');
}
