export const VARIABLE_TYPES = [
  'string',
  'multiline',
  'number',
  'boolean',
  'version',
  'ipv4',
  'ipv4cidr',
  'ipv6',
  'ipv6cidr',
  'list',
  'enum',
  'base64',
  'secret',
] as const;
export type VariableType = (typeof VARIABLE_TYPES)[number];

export const VARIABLE_NAME = /^[a-zA-Z][a-zA-Z0-9_]{0,62}$/;
export const VARIABLE_NAME_WORDS = 'must start with a letter and hold only letters, digits and "_"';

/** What of a variable's declaration means something for a type; the rest of it is refused. */
export interface TypeTakes {
  /** `min` and `max`. */
  readonly range: boolean;
  /** `minLength` and `maxLength`: characters of a text, items of a list. */
  readonly length: boolean;
  readonly pattern: boolean;
  readonly options: boolean;
  /** A secret has none: it would stand in the profile for everybody to read. */
  readonly default: boolean;
}

const PATTERNED: readonly VariableType[] = ['string', 'multiline', 'secret', 'list'];
const WITHOUT_LENGTH: readonly VariableType[] = ['number', 'boolean', 'enum'];

export const typeTakes = (type: VariableType): TypeTakes => ({
  range: type === 'number',
  length: !WITHOUT_LENGTH.includes(type),
  pattern: PATTERNED.includes(type),
  options: type === 'enum',
  default: type !== 'secret',
});
