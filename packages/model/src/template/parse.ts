import type { PathStep } from '../meta/value-path.ts';
import { FUNCTION_NAMES, isFunction } from './function-signatures.ts';
import {
  type Call,
  MAX_CALLS,
  MAX_EXPRESSION_LENGTH,
  MAX_NESTING,
  type Operand,
  type Pipeline,
  type Reference,
  type Root,
  type Segment,
} from './syntax.ts';
import { SyntaxProblem, Tokens } from './tokens.ts';

/**
 * Where one of our expressions begins. Everything else in double braces is somebody else's template (a chart's own, an alert's) and stays as it is. `.var` alone is
 * ours too, as it always was: it is a mistake. The other roots need a name behind them to be taken for ours.
 */
const OURS = /\{\{-?\s*\.(?:var(?!\w)|(?:macro|layer|cluster)\.(?=\w))/y;

/** A text as pieces. A text without references is one piece. */
export function segmentsOf(text: string): readonly Segment[] {
  if (!text.includes('{{')) return [{ type: 'text', text }];
  const known = remembered.get(text);
  if (known !== undefined) return known;
  const segments = cut(text);
  if (text.length <= MOST_TO_REMEMBER) {
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(text, segments);
  }
  return segments;
}

/** The same profile is resolved for every cluster that uses it. */
const remembered = new Map<string, readonly Segment[]>();
const REMEMBERED = 5000;
const MOST_TO_REMEMBER = 4096;

function cut(text: string): Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  let at = text.indexOf('{{');
  while (at >= 0) {
    OURS.lastIndex = at;
    if (!OURS.test(text)) {
      at = text.indexOf('{{', at + 2);
      continue;
    }
    if (at > done) segments.push({ type: 'text', text: text.slice(done, at) });
    const { segment, end } = expressionAt(text, at);
    segments.push(segment);
    done = end;
    at = text.indexOf('{{', end);
  }
  if (done < text.length || segments.length === 0) segments.push({ type: 'text', text: text.slice(done) });
  return segments;
}

function expressionAt(text: string, start: number): { segment: Segment; end: number } {
  const tokens = new Tokens(text, text[start + 2] === '-' ? start + 3 : start + 2);
  try {
    const pipeline = pipelineOf(tokens, 0, 'end');
    const source = text.slice(start, tokens.at);
    if (source.length > MAX_EXPRESSION_LENGTH) throw new SyntaxProblem(`is longer than ${MAX_EXPRESSION_LENGTH} characters`);
    return { segment: { type: 'expression', source, pipeline }, end: tokens.at };
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const close = text.indexOf('}}', Math.max(tokens.at, start + 2));
    const end = close < 0 ? text.length : close + 2;
    return { segment: { type: 'broken', source: text.slice(start, end), message: error.message }, end };
  }
}

/** Up to the closing braces or parenthesis, which is taken. */
function pipelineOf(tokens: Tokens, depth: number, until: 'end' | ')'): Pipeline {
  if (depth > MAX_NESTING) throw new SyntaxProblem(`is nested deeper than ${MAX_NESTING} parentheses`);
  const head = operandOf(tokens, depth);
  const calls: Call[] = [];
  for (;;) {
    const token = tokens.next();
    if (token.type === 'end' && until === 'end') return { head, calls };
    if (token.type === 'mark' && token.text === ')' && until === ')') return { head, calls };
    if (token.type !== 'mark' || token.text !== '|')
      throw new SyntaxProblem(`needs | and a function here, or ${until === 'end' ? '}}' : ')'}`);
    if (calls.length >= MAX_CALLS) throw new SyntaxProblem(`has more than ${MAX_CALLS} functions`);
    calls.push(callOf(tokens, depth));
  }
}

function callOf(tokens: Tokens, depth: number): Call {
  const token = tokens.next();
  if (token.type !== 'name') throw new SyntaxProblem('needs the name of a function behind |');
  if (!isFunction(token.text))
    throw new SyntaxProblem(`uses the function "${token.text}", which there is not; there are: ${FUNCTION_NAMES.join(', ')}`);
  const args: Operand[] = [];
  for (;;) {
    const next = tokens.peek();
    const over = next.type === 'end' || (next.type === 'mark' && (next.text === '|' || next.text === ')'));
    if (over) return { name: token.text, args };
    if (args.length >= MAX_CALLS) throw new SyntaxProblem(`gives "${token.text}" too many arguments`);
    args.push(operandOf(tokens, depth));
  }
}

function operandOf(tokens: Tokens, depth: number): Operand {
  const token = tokens.next();
  switch (token.type) {
    case 'string':
    case 'number':
      return { type: 'literal', value: token.value };
    case 'name':
      if (token.text === 'true' || token.text === 'false') return { type: 'literal', value: token.text === 'true' };
      throw new SyntaxProblem(`has "${token.text}" where a reference, a number or a text in quotes must be`);
    case 'mark':
      if (token.text === '.') return { type: 'reference', reference: referenceOf(tokens) };
      if (token.text === '(') return { type: 'pipeline', pipeline: pipelineOf(tokens, depth + 1, ')') };
      throw new SyntaxProblem(`has ${token.text} where a reference, a number or a text in quotes must be`);
    case 'end':
      throw new SyntaxProblem('ends too early');
  }
}

const NAMES: Readonly<Record<Root, string>> = {
  var: 'the name of a variable',
  macro: 'the name of a macro',
  layer: 'the name of a layer',
  cluster: 'a fact of the cluster',
};

const isRoot = (text: string): text is Root => Object.hasOwn(NAMES, text);

/** Behind its first dot. */
function referenceOf(tokens: Tokens): Reference {
  const root = tokens.nameHere('var, macro, layer or cluster');
  if (!isRoot(root)) throw new SyntaxProblem(`refers to .${root}; references begin with .var, .macro, .layer or .cluster`);
  if (!tokens.takeHere('.')) throw new SyntaxProblem(`is malformed: it must look like {{ .${root}.name }}`);
  const name = tokens.nameHere(NAMES[root]);
  if (root === 'var' && !/^[a-zA-Z]\w*$/.test(name)) {
    throw new SyntaxProblem('is a malformed reference: names of variables hold letters, digits and "_" only');
  }
  return { root, name, path: pathOf(tokens) };
}

function pathOf(tokens: Tokens): PathStep[] {
  const path: PathStep[] = [];
  for (;;) {
    if (path.length > 50) throw new SyntaxProblem('goes more than 50 steps down');
    if (tokens.takeHere('.')) path.push(tokens.nameHere('a key'));
    else if (tokens.takeHere('[')) {
      const step = tokens.next();
      if (step.type === 'string') path.push(step.value);
      else if (step.type === 'number' && Number.isInteger(step.value) && step.value >= 0) path.push(step.value);
      else throw new SyntaxProblem('needs a number or a key in quotes between [ and ]');
      const close = tokens.next();
      if (close.type !== 'mark' || close.text !== ']') throw new SyntaxProblem('needs ] here');
    } else return path;
  }
}
