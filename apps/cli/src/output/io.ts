import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import { obeyed, shown } from './control-characters.ts';

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'dim' | 'bold';

/**
 * Where a command speaks: data on stdout, talk on stderr. What it says holds names, messages and labels that anybody may have written: no control character among them reaches the
 * terminal as one.
 */
export interface Io {
  /** One piece of data; a newline is added when there is none. */
  data(text: string): void;
  /** Talk: progress, hints, warnings. */
  say(text: string): void;
  /** Raw terminal control, only when `live`. */
  control(text: string): void;
  /** Colours for talk and for tables, plain text when there is no terminal or NO_COLOR is set. */
  paint(colour: Colour, text: string, stream?: 'stdout' | 'stderr'): string;
  /** Talk may be redrawn in place. */
  readonly live: boolean;
  /** Questions may be asked. */
  readonly interactive: boolean;
  readonly columns: number;
  ask(question: string): Promise<string>;
  /** Asks without showing what is typed; spaces count. */
  askSecret(question: string): Promise<string>;
  /** All of standard input. */
  readStdin(): Promise<string>;
}

export interface IoOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  readonly noInput: boolean;
}

export function createIo(options: IoOptions): Io {
  const { stdin, stdout, stderr, env } = options;
  const dumb = env['TERM'] === 'dumb';
  const coloured = (stream: NodeJS.WriteStream) => stream.isTTY === true && !dumb && !env['NO_COLOR'];
  const withNewline = (text: string) => (text.endsWith('\n') ? text : `${text}\n`);
  return {
    data: (text) => void stdout.write(withNewline(shown(text, stdout.isTTY))),
    say: (text) => void stderr.write(withNewline(shown(text, stderr.isTTY))),
    control: (text) => void stderr.write(text),
    paint: (colour, text, stream = 'stderr') =>
      coloured(stream === 'stdout' ? stdout : stderr) ? obeyed(styleText(colour, shown(text, true), { validateStream: false })) : text,
    live: stderr.isTTY === true && !dumb && !env['CI'],
    interactive: stdin.isTTY === true && stderr.isTTY === true && !options.noInput && !env['CI'],
    get columns() {
      return stderr.columns ?? stdout.columns ?? 120;
    },
    async ask(question) {
      const reader = createInterface({ input: stdin, output: stderr });
      try {
        return (await reader.question(shown(question, true))).trim();
      } finally {
        reader.close();
      }
    },
    async askSecret(question) {
      stderr.write(shown(question, true));
      // As a terminal, so that nothing is echoed but what it writes, which goes nowhere.
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      const reader = createInterface({ input: stdin, output: nowhere, terminal: true });
      try {
        return await reader.question('');
      } finally {
        reader.close();
        stderr.write('\n');
      }
    },
    async readStdin() {
      const chunks: Buffer[] = [];
      for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}
