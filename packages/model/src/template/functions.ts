import { sha256Hex } from '@slipway/kit';
import { isRecord } from '../meta/diff.ts';
import { hostAddress, parseNetwork, subnet } from './cidr.ts';
import { FUNCTION_SIGNATURES, type FunctionName } from './function-signatures.ts';

/** What a reference can be: JSON. */
export type Value = unknown;

/** Why a function cannot do its work; never repeats a value, which may be a secret. */
export class FunctionProblem extends Error {}

/** Characters of a text, and items of a list, that a function may make. */
export const MAX_TEXT = 1024 * 1024;
export const MAX_ITEMS = 10_000;

type Run = (value: Value, args: readonly Value[]) => Value;

export const kindOf = (value: Value): string => {
  if (Array.isArray(value)) return 'a list';
  if (value === null || value === undefined) return 'nothing';
  return isRecord(value) ? 'a map' : `a ${typeof value === 'string' ? 'text' : typeof value}`;
};

/** Texts, numbers and booleans as text. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new FunctionProblem(`needs a text, not ${kindOf(value)}`);
}

function numberOf(value: Value): number {
  const number = typeof value === 'string' && /^\s*[-+]?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new FunctionProblem(`needs a number, not ${kindOf(value)}`);
}

function wholeOf(value: Value): number {
  const number = numberOf(value);
  if (Number.isSafeInteger(number)) return number;
  throw new FunctionProblem('needs a whole number');
}

function limited(length: number): void {
  if (length > MAX_TEXT) throw new FunctionProblem(`would make a text of more than ${MAX_TEXT} characters`);
}

export const isEmpty = (value: Value): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const text =
  (run: (value: string, ...args: string[]) => Value): Run =>
  (value, args) =>
    run(textOf(value), ...args.map(textOf));

function replaced(value: string, from: string, to: string): string {
  if (from === '') throw new FunctionProblem('needs a text to look for that is not empty');
  const pieces = value.split(from);
  limited(value.length + (pieces.length - 1) * (to.length - from.length));
  return pieces.join(to);
}

function divided(value: string, by: string): string[] {
  const pieces = value === '' ? [] : value.split(by);
  if (pieces.length > MAX_ITEMS) throw new FunctionProblem(`would make a list of more than ${MAX_ITEMS} items`);
  return pieces;
}

function joined(value: Value, by: string): string {
  if (!Array.isArray(value)) throw new FunctionProblem(`needs a list, not ${kindOf(value)}`);
  const items = value.map(textOf);
  limited(items.reduce((sum, item) => sum + item.length + by.length, 0));
  return items.join(by);
}

function decoded(value: string): string {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value.trim()))
    throw new FunctionProblem('needs text in base64');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value.trim(), 'base64'));
  } catch {
    throw new FunctionProblem('needs base64 of text; this is of other bytes');
  }
}

function networkOf(value: string) {
  const network = parseNetwork(value);
  if (network === undefined) throw new FunctionProblem('needs a network such as 10.0.0.0/16 or fd00::/64');
  return network;
}

function orRefused(found: string | undefined, what: string): string {
  if (found === undefined) throw new FunctionProblem(`asks for ${what} that the network does not have`);
  return found;
}

function json(value: Value): string {
  const made = JSON.stringify(value ?? null);
  limited(made.length);
  return made;
}

const FUNCTIONS: Readonly<Record<FunctionName, Run>> = {
  add: (value, [more]) => numberOf(value) + numberOf(more),
  b64dec: text((value) => decoded(value)),
  b64enc: text((value) => {
    limited(value.length * 2);
    return Buffer.from(value).toString('base64');
  }),
  cidrHost: (value, [number]) => orRefused(hostAddress(networkOf(textOf(value)), wholeOf(number)), 'an address'),
  cidrSubnet: (value, [bits, number]) => orRefused(subnet(networkOf(textOf(value)), wholeOf(bits), wholeOf(number)), 'a part'),
  // What stands for nothing is decided where references are found.
  default: (value, [instead]) => (isEmpty(value) ? instead : value),
  int: (value) => wholeOf(value),
  join: (value, [by]) => joined(value, textOf(by)),
  lower: text((value) => value.toLowerCase()),
  quote: (value) => json(textOf(value)),
  replace: text((value, from = '', to = '') => replaced(value, from, to)),
  required: (value, [message]) => {
    if (isEmpty(value)) throw new FunctionProblem(message === undefined ? 'is empty, and a value is required' : textOf(message));
    return value;
  },
  sha256: text((value) => sha256Hex(value)),
  split: text((value, by = '') => divided(value, by)),
  str: text((value) => value),
  toJson: (value) => json(value),
  trim: text((value) => value.trim()),
  upper: text((value) => {
    limited(value.length * 3);
    return value.toUpperCase();
  }),
};

/** Runs a function on a value; throws {@link FunctionProblem}. Pure, bounded in what it makes. */
export function callFunction(name: FunctionName, value: Value, args: readonly Value[]): Value {
  const [least, most] = FUNCTION_SIGNATURES[name].takes;
  if (args.length < least || args.length > most) {
    const wanted = least === most ? String(least) : `${least} or ${most}`;
    throw new FunctionProblem(`"${name}" takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`);
  }
  try {
    return FUNCTIONS[name](value, args);
  } catch (error) {
    if (!(error instanceof FunctionProblem)) throw error;
    throw new FunctionProblem(name === 'required' ? error.message : `"${name}" ${error.message}`);
  }
}
