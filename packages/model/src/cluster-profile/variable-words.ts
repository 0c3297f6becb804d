import { listOf } from '../meta/causes.ts';
import type { VariableType } from './variable-types.ts';
import type { Variable } from './variable.ts';

/** What texts of a fixed form are called. */
const FORM_WORDS: Partial<Record<VariableType, string>> = {
  version: 'a version such as 1.2.3',
  ipv4: 'an IPv4 address such as 10.0.0.1',
  ipv4cidr: 'an IPv4 network such as 10.0.0.0/16',
  ipv6: 'an IPv6 address such as fd00::1',
  ipv6cidr: 'an IPv6 network such as fd00::/64',
  base64: 'text in base64',
};

/** `a number from 1 to 5`: what a value must be, in words. */
export function expected(variable: Variable): string {
  const form = FORM_WORDS[variable.type];
  if (form !== undefined) return form;
  switch (variable.type) {
    case 'number':
      return `a number${rangeOf(variable)}`;
    case 'boolean':
      return 'true or false';
    case 'enum':
      return `one of: ${listOf(variable.options ?? [])}`;
    case 'list':
      return `a list${variable.pattern === undefined ? '' : ` of texts that match ${variable.pattern}`}`;
    default: {
      const what = variable.type === 'secret' ? 'a secret text' : 'a text';
      return variable.pattern === undefined ? what : `${what} that matches ${variable.pattern}`;
    }
  }
}

function rangeOf({ min, max }: Variable): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}
