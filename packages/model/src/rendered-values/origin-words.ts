import type { MacroOrigin, VariableOrigin } from './cluster-values.ts';
import type { ValueOrigin } from './value-origins.ts';

/** Who says what a variable is. */
export const VARIABLE_ORIGIN_WORDS: Readonly<Record<VariableOrigin['from'], string>> = {
  cluster: 'the cluster',
  default: 'a default',
  secret: 'a secret of the cluster',
  unset: 'nobody sets it',
};

const VALUE_ORIGIN_WORDS: Readonly<Record<ValueOrigin['from'], string>> = {
  chart: 'chart',
  pack: 'pack',
  preset: 'preset',
  profile: 'profile',
  cluster: 'override of the cluster',
};

/** `preset large`, `override of the cluster`: who has the last word about a value. */
export const valueOriginWords = ({ from, preset }: Pick<ValueOrigin, 'from' | 'preset'>): string =>
  `${VALUE_ORIGIN_WORDS[from]}${preset === undefined ? '' : ` ${preset}`}`;

export const macroOriginWords = ({ scope }: Pick<MacroOrigin, 'scope'>): string => `of the ${scope === 'system' ? 'installation' : scope}`;
