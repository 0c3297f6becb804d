/** How a function is written behind `|`: how many arguments it takes, and what it makes of what stands before it. */
export interface FunctionSignature {
  readonly takes: readonly [least: number, most: number];
  readonly about: string;
}

/** Apart from what they do, so that a page can read and complete expressions without what only the hub needs. */
export const FUNCTION_SIGNATURES = {
  add: { takes: [1, 1], about: 'The number and another one together.' },
  b64dec: { takes: [0, 0], about: 'The text that the base64 stands for.' },
  b64enc: { takes: [0, 0], about: 'The text in base64.' },
  cidrHost: { takes: [1, 1], about: 'The address with that number in the network.' },
  cidrSubnet: { takes: [2, 2], about: 'A part of the network: so many bits longer, and its number.' },
  default: { takes: [1, 1], about: 'What stands there instead of nothing.' },
  int: { takes: [0, 0], about: 'The text as a whole number.' },
  join: { takes: [1, 1], about: 'The items of the list as one text, with that between them.' },
  lower: { takes: [0, 0], about: 'The text in lower case.' },
  quote: { takes: [0, 0], about: 'The text in double quotes.' },
  replace: { takes: [2, 2], about: 'The text with one thing in it replaced by another.' },
  required: { takes: [0, 1], about: 'Refuses what is empty, with the message that is given.' },
  sha256: { takes: [0, 0], about: 'The hash of the text.' },
  split: { takes: [1, 1], about: 'The pieces of the text as a list.' },
  str: { takes: [0, 0], about: 'Whatever it is, as text.' },
  toJson: { takes: [0, 0], about: 'Whatever it is, as JSON.' },
  trim: { takes: [0, 0], about: 'The text without space around it.' },
  upper: { takes: [0, 0], about: 'The text in upper case.' },
} as const satisfies Readonly<Record<string, FunctionSignature>>;

export type FunctionName = keyof typeof FUNCTION_SIGNATURES;
export const FUNCTION_NAMES = Object.keys(FUNCTION_SIGNATURES) as readonly FunctionName[];
export const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTION_SIGNATURES, name);
