import type { PathStep } from '../meta/value-path.ts';
import type { FunctionName } from './function-signatures.ts';

/** What a reference can begin with. */
export const ROOTS = ['var', 'macro', 'layer', 'cluster'] as const;
export type Root = (typeof ROOTS)[number];

/** `.var.hosts[0]`, `.layer.db.values.auth.user`: the root, the name below it, and the way into what is there. */
export interface Reference {
  readonly root: Root;
  readonly name: string;
  readonly path: readonly PathStep[];
}

export type Operand =
  | { readonly type: 'reference'; readonly reference: Reference }
  | { readonly type: 'literal'; readonly value: string | number | boolean }
  | { readonly type: 'pipeline'; readonly pipeline: Pipeline };

export interface Call {
  readonly name: FunctionName;
  readonly args: readonly Operand[];
}

/** `.var.host | lower | default "x"` */
export interface Pipeline {
  readonly head: Operand;
  readonly calls: readonly Call[];
}

/** A text in pieces: what stands for itself, what is filled in, and what looks like ours and cannot be read. */
export type Segment =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'expression'; readonly source: string; readonly pipeline: Pipeline }
  | { readonly type: 'broken'; readonly source: string; readonly message: string };

/** Limits of one expression; more than a person writes. */
export const MAX_EXPRESSION_LENGTH = 2000;
export const MAX_CALLS = 20;
export const MAX_NESTING = 8;

/** The reference as it is written: `.layer.db.values.auth["a.b"]`. */
export function referenceText({ root, name, path }: Reference): string {
  const steps = path.map((step) =>
    typeof step === 'number' ? `[${step}]` : /^[A-Za-z_][\w-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`,
  );
  return `.${root}.${name}${steps.join('')}`;
}
