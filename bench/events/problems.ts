/** What can be wrong, by kind: the first seven are what this looks for, the others say that the run itself cannot be trusted. */
export type ProblemKind =
  | 'skipped'
  | 'repeated'
  | 'reordered'
  | 'of other content'
  | 'a list of no one state'
  | 'an event of a write that nobody made'
  | 'a confirmed write that nobody saw'
  /** What writers were told does not fit together: a generation is missing, an object was made twice. */
  | 'cannot have happened'
  /** Answered from a state that the hub should have forgotten long ago. */
  | 'from what is long gone'
  /** An answer that no client of Kubernetes has to expect: not "too many", "too old", "not now". */
  | 'refused'
  | 'nothing comes any more'
  | 'a client ended';

export interface Problem {
  readonly kind: ProblemKind;
  readonly text: string;
}

/** Problems in a few lines: how many there are of each kind, and the first of each. */
export interface Summary {
  readonly counts: Readonly<Partial<Record<ProblemKind, number>>>;
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

export function summaryOf(problems: readonly Problem[]): Summary {
  const byKind = Map.groupBy(problems, ({ kind }) => kind);
  return {
    counts: Object.fromEntries([...byKind].map(([kind, all]) => [kind, all.length])),
    examples: [...byKind].flatMap(([kind, all]) => all.slice(0, EXAMPLES).map(({ text }) => `${kind}: ${text}`)),
  };
}
