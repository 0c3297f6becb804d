/** Why an expression cannot be read; the sentence follows its source. */
export class SyntaxProblem extends Error {}

export type Token =
  | { readonly type: 'name'; readonly text: string }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'mark'; readonly text: '.' | '[' | ']' | '|' | '(' | ')' }
  /** The closing braces, a trim mark in front included. */
  | { readonly type: 'end' };

const SPACE = /\s*/y;
const END = /-?\}\}/y;
/** A name may hold "-" but not end with it: that would be a trim mark. */
const NAME = /[A-Za-z_](?:[\w-]*\w)?/y;
const DIGITS_NAME = /[a-z0-9](?:[a-z0-9-]*[a-z0-9])?/y;
const NUMBER = /-?\d{1,15}(?:\.\d{1,10})?(?![\w.])/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', "'": "'" };

/** Reads tokens of one expression in a text, from a place on; `at` is behind the last one. */
export class Tokens {
  readonly text: string;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  skipSpace(): void {
    this.match(SPACE);
  }

  /** The next token without taking it. */
  peek(): Token {
    const before = this.at;
    const token = this.next();
    this.at = before;
    return token;
  }

  next(): Token {
    this.skipSpace();
    if (this.match(END) !== undefined) return { type: 'end' };
    const char = this.text[this.at];
    if (char === undefined) throw new SyntaxProblem('is not closed: }} is missing');
    if (char === '"') return this.quoted('"');
    if (char === '\\' && this.text[this.at + 1] === '"') return this.quoted('\\"');
    if (char === '`') return this.raw();
    const number = this.match(NUMBER);
    if (number !== undefined) return { type: 'number', value: Number(number) };
    const name = this.match(NAME);
    if (name !== undefined) return { type: 'name', text: name };
    if (char === '.' || char === '[' || char === ']' || char === '|' || char === '(' || char === ')') {
      this.at += 1;
      return { type: 'mark', text: char };
    }
    throw new SyntaxProblem(`cannot hold ${JSON.stringify(String.fromCodePoint(this.text.codePointAt(this.at) ?? 32))} here`);
  }

  /** The name right behind a dot. Names of layers and macros may begin with a digit. */
  nameHere(what: string): string {
    const name = this.match(NAME) ?? this.match(DIGITS_NAME);
    if (name === undefined) throw new SyntaxProblem(`needs ${what} behind the dot`);
    return name;
  }

  /** Whether this character is next, without space in front; it is taken then. */
  takeHere(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** `"…"`, or `\"…\"` as it stands inside a text that is itself in double quotes. */
  private quoted(mark: '"' | '\\"'): Token {
    this.at += mark.length;
    let value = '';
    while (!this.text.startsWith(mark, this.at)) {
      const char = this.text[this.at];
      if (char === undefined || char === '\n') throw new SyntaxProblem('holds a text without a closing quote');
      if (char === '\\') {
        const escaped = ESCAPES[this.text[this.at + 1] ?? ''];
        if (escaped === undefined) throw new SyntaxProblem(String.raw`holds an unknown escape in a text; there are: \n \t \r \" \\`);
        value += escaped;
        this.at += 2;
      } else {
        value += char;
        this.at += 1;
      }
    }
    this.at += mark.length;
    return { type: 'string', value };
  }

  private raw(): Token {
    const end = this.text.indexOf('`', this.at + 1);
    if (end < 0) throw new SyntaxProblem('holds a text without a closing quote');
    const value = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return { type: 'string', value };
  }
}
