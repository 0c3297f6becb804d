import { entries } from './entries.ts';

/** What can be done with the objects of any kind, by the command that does it. */
const VERBS: Readonly<Record<string, string>> = {
  get: 'get',
  list: 'get',
  describe: 'describe',
  create: 'create',
  edit: 'edit',
  delete: 'delete',
  wait: 'wait',
  explain: 'explain',
  scale: 'scale',
  upgrade: 'upgrade',
  history: 'history',
  rollback: 'rollback',
  approve: 'approve',
};
/** Commands about one cluster, which they name without its noun. */
const OF_CLUSTERS: ReadonlySet<string> = new Set(['events', 'kubeconfig', 'values']);

/**
 * `slipway cluster get dev` is `slipway get cluster dev`: noun and verb may be said in either order. A command of the noun's name goes first where it knows the verb itself
 * (`slipway registry sync …`); everything that is no noun and verb stays as it is.
 */
export async function verbFirst(
  args: readonly string[],
  ownVerbs: (command: string) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const [noun = '', word = '', ...rest] = args;
  const verb = VERBS[word] ?? (OF_CLUSTERS.has(word) ? word : undefined);
  if (verb === undefined || noun.startsWith('-') || Object.hasOwn(VERBS, noun)) return args;
  if (entries.some(({ name }) => name === noun)) {
    const own = await ownVerbs(noun);
    if (own.length === 0 || own.includes(word)) return args;
  }
  const { findKind } = await import('@slipway/model');
  const kind = findKind(noun);
  if (kind === undefined) return args;
  if (!OF_CLUSTERS.has(word)) return [verb, noun, ...rest];
  return kind.kind === 'Cluster' ? [verb, ...rest] : args;
}
