type Step = string | number | Readonly<Record<string, string>>;

/** The steps of a path as an agent writes it: `spec.containers[name=app].image`, `metadata.labels["a.b/c"]`, `args[0]`. Undefined when it is none. */
export function pathSteps(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const found = /^\.?([A-Za-z0-9_-]+)/.exec(rest) ?? /^\[("(?:[^"\\]|\\.)*")\]/.exec(rest) ?? /^\[([^\]]*)\]/.exec(rest);
    const inner = found?.[1];
    if (found === null || inner === undefined) return undefined;
    steps.push(stepOf(found[0], inner));
    rest = rest.slice(found[0].length);
  }
  return steps;
}

function stepOf(whole: string, inner: string): Step {
  if (!whole.startsWith('[')) return inner;
  if (inner.startsWith('"')) return JSON.parse(inner) as string;
  if (/^\d+$/.test(inner)) return Number(inner);
  return Object.fromEntries(
    inner.split(',').map((pair) => {
      const [name = '', ...value] = pair.split('=');
      return [name, value.join('=')];
    }),
  );
}

/** What an object has at such a path; undefined when it has nothing there. */
export function fieldAt(object: unknown, path: string): unknown {
  return pathSteps(path)?.reduce<unknown>((at, step) => {
    if (at === null || typeof at !== 'object') return undefined;
    if (typeof step === 'number') return Array.isArray(at) ? at[step] : undefined;
    if (typeof step === 'string') return (at as Readonly<Record<string, unknown>>)[step];
    if (!Array.isArray(at)) return undefined;
    return at.find((item: unknown) =>
      Object.entries(step).every(([name, value]) => String((item as Record<string, unknown> | null)?.[name]) === value),
    );
  }, object);
}
