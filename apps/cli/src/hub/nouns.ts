import { findKind, kinds, type Kind } from '@slipway/model';
import { UsageError } from '../exit.ts';
import { didYouMean } from '../output/suggest.ts';

/** The kind a noun means (`clusters`, `Cluster`, `gw`), or a usage error with the nearest one. */
export function requireKind(noun: string): Kind {
  const kind = findKind(noun);
  if (kind) return kind;
  const near = didYouMean(
    noun,
    kinds.flatMap((one) => [one.plural, one.singular, ...one.shortNames]),
  );
  throw new UsageError(
    `there is no noun "${noun}"`,
    near ? `Did you mean "${near}"?` : `Nouns: ${kinds.map((one) => one.plural).join(', ')}.`,
  );
}

/** `cluster dev`, `cluster/dev` and `clusters dev prod` all name objects of one kind. */
export function parseTargets(noun: string, names: readonly string[]): { kind: Kind; names: string[] } {
  const [word, ...rest] = noun.split('/');
  const kind = requireKind(word ?? noun);
  if (rest.length === 0) return { kind, names: [...names] };
  const prefixed = names.map((name) => (name.includes('/') ? (name.split('/')[1] ?? '') : name));
  return { kind, names: [rest.join('/'), ...prefixed] };
}

export const titleOf = (kind: Kind, name: string): string => `${kind.singular} "${name}"`;
