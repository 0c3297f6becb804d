/** What a Palette expression became. */
export interface Translated {
  readonly text: string;
  /** Why it is not what it was; undefined when it means the same. */
  readonly problem?: { readonly what: string; readonly todo: string };
}

/** A whole expression in double braces that speaks of something of Palette's. */
const EXPRESSION = /\{\{-?((?:[^{}"]|"(?:[^"\\]|\\.)*")*?)-?\}\}/g;

/** Facts of a cluster under their names here. */
const SYSTEM: Readonly<Record<string, string>> = {
  'cluster.name': '.cluster.name',
  'cluster.uid': '.cluster.uid',
  'project.name': '.cluster.project',
  'tenant.name': '.cluster.tenant',
  'kubernetes.version': '.cluster.kubernetesVersion',
  'cloud.type': '.cluster.cloud',
};

/** Sprig functions that mean the same here, with how many arguments they take; some have another name. */
const FUNCTIONS: Readonly<Record<string, { name: string; least: number; most: number }>> = {
  upper: { name: 'upper', least: 0, most: 0 },
  lower: { name: 'lower', least: 0, most: 0 },
  trim: { name: 'trim', least: 0, most: 0 },
  quote: { name: 'quote', least: 0, most: 0 },
  b64enc: { name: 'b64enc', least: 0, most: 0 },
  b64dec: { name: 'b64dec', least: 0, most: 0 },
  toJson: { name: 'toJson', least: 0, most: 0 },
  int: { name: 'int', least: 0, most: 0 },
  add: { name: 'add', least: 1, most: 1 },
  default: { name: 'default', least: 1, most: 1 },
  replace: { name: 'replace', least: 2, most: 2 },
  splitList: { name: 'split', least: 1, most: 1 },
  join: { name: 'join', least: 1, most: 1 },
  sha256sum: { name: 'sha256', least: 0, most: 0 },
};

export const hasPaletteReference = (text: string): boolean =>
  text.includes('{{') && [...text.matchAll(EXPRESSION)].some(([whole]) => /\.spectro\b/.test(whole));

/** A text with every Palette reference as ours. What has no equivalent stays as it was and is told; other people's templates are left alone. */
export function translateReferences(text: string): { text: string; problems: NonNullable<Translated['problem']>[]; references: boolean } {
  const problems: NonNullable<Translated['problem']>[] = [];
  let references = false;
  const translated = text.replace(EXPRESSION, (whole, body: string) => {
    if (!/\.spectro\b/.test(whole)) return whole;
    references = true;
    const one = translate(whole, body);
    if (one.problem) problems.push(one.problem);
    return one.text;
  });
  return { text: translated, problems, references };
}

/** One expression; also for templates, which take references in another form. */
export function translate(whole: string, body: string): Translated {
  const [head = '', ...calls] = pieces(body);
  const reference = referenceOf(head);
  if ('problem' in reference) return { text: whole, problem: reference.problem };
  const functions = calls.map(callOf);
  const unknown = functions.findIndex((call) => call === undefined);
  if (unknown >= 0)
    return {
      text: whole,
      problem: {
        what: `the expression ${whole} uses "${calls[unknown]}", which there is not here; it stays as it is`,
        todo: 'Compute the value in a variable or macro, or write it with the functions that references have here.',
      },
    };
  const written = `{{ ${[reference.text, ...functions].join(' | ')} }}`;
  return reference.note === undefined ? { text: written } : { text: written, problem: reference.note };
}

function pieces(body: string): string[] {
  return (body.match(/(?:[^|"]|"(?:[^"\\]|\\.)*")+/g) ?? []).map((piece) => piece.trim());
}

type Reference = { text: string; note?: NonNullable<Translated['problem']> } | { problem: NonNullable<Translated['problem']> };

function referenceOf(head: string): Reference {
  const named = /^\.spectro\.(macro|var)\.([A-Za-z_](?:[\w-]*\w)?)$/.exec(head);
  if (named) return { text: `.${named[1]}.${named[2]}` };
  const system = /^\.spectro\.system\.([\w.]+)$/.exec(head)?.[1];
  const fact = system === undefined || !Object.hasOwn(SYSTEM, system) ? undefined : SYSTEM[system];
  if (fact !== undefined) return { text: fact };
  const [, pack, path] =
    /^\.spectro\.pack\.([a-z0-9][a-z0-9-]*)\.(?:charts\.[\w-]+\.|manifests\.[\w-]+\.)?([A-Za-z_][\w.-]*)$/.exec(head) ?? [];
  if (pack !== undefined && path !== undefined) {
    return {
      text: `.layer.${pack}.values.${path}`,
      note: {
        what: `${head} reads the values of another pack`,
        todo: `Call that pack's layer "${pack}", let this layer depend on it, and see whether the path is right where the other pack holds several charts.`,
      },
    };
  }
  return {
    problem: {
      what: `there is nothing here for ${head === '' ? 'an empty expression' : head}; the expression stays as it is`,
      todo: 'Use a variable or a macro for it, or a fact of the cluster ({{ .cluster.… }}).',
    },
  };
}

function callOf(call: string): string | undefined {
  const [name = '', ...args] = call.match(/"(?:[^"\\]|\\.)*"|[^\s"]+/g) ?? [];
  const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (known === undefined || args.length < known.least || args.length > known.most) return undefined;
  return args.every((arg) => /^"|^-?\d+(\.\d+)?$|^(true|false)$/.test(arg)) ? [known.name, ...args].join(' ') : undefined;
}
