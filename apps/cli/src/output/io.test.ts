// oxlint-disable no-control-regex -- they are what it is about
import { PassThrough } from 'node:stream';
import { type ApiObject, auditSinkKind, userKind } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createIo } from './io.ts';
import { objectTable, renderTable } from './table.ts';

/** Clears the screen, sets the title, answers as if typed, hides text, goes back over the line, turns it around. */
const HOSTILE = 'a\u001B[2J\u001B]0;owned\u0007\u001B[6n\u001B[8mhidden\r\u009B31mred\u007F\u202Etxt.exe\b\u0000';

function terminal(isTTY: boolean) {
  const said = { out: '', talk: '' };
  const stream = (to: keyof typeof said) => {
    const made = Object.assign(new PassThrough(), { isTTY, columns: 120 });
    made.on('data', (chunk: Buffer) => (said[to] += chunk.toString('utf8')));
    return made as unknown as NodeJS.WriteStream;
  };
  const stdin = Object.assign(new PassThrough(), { isTTY }) as unknown as NodeJS.ReadStream;
  const io = createIo({ stdin, stdout: stream('out'), stderr: stream('talk'), env: {}, noInput: false });
  return { io, said, stdin: stdin as unknown as PassThrough };
}
/** What a terminal would obey. */
const obeyed = (text: string): string[] => text.match(/[^\P{C}\t\n]/gu) ?? [];

describe('terminal escape sequences in what others wrote', () => {
  const user = { apiVersion: 'slipway.dev/v1', kind: 'User', metadata: { name: HOSTILE }, spec: { displayName: HOSTILE, email: HOSTILE } };

  it('are shown and not obeyed, in tables, messages, questions and errors', async () => {
    const { io, said, stdin } = terminal(true);
    const { header, rows } = objectTable(userKind, [user as unknown as ApiObject], { wide: true, withProject: true, now: 0 });
    io.data(renderTable(header, rows));
    io.say(`Waiting for ${HOSTILE}`);
    const asked = io.ask(`Delete ${HOSTILE}? `);
    stdin.write('yes\n');
    await asked;
    expect(said.out).toContain('a\\u001b[2J');
    expect(said.talk).toContain('Delete a\\u001b[2J');
    expect(obeyed(said.out)).toEqual([]);
    // What the question itself is asked with are the line editor's own: they move within the line.
    expect(said.talk).not.toMatch(/\u001B\]0|\u001B\[2J|\u001B\[6n|\u001B\[8m|\u009B|\u202E/u);
  });

  it('cannot make a row of their own: a row is one line, a cell one column', () => {
    const forged = 'Ada\nroot  everything  admin@corp.example  false  1d\r\nx\u2028y\u0085z\tt';
    const spec = { displayName: forged, email: forged, disabled: false };
    const one = { ...user, metadata: { name: 'ada' }, spec } as unknown as ApiObject;
    const { header, rows } = objectTable(userKind, [one], { wide: true, withProject: true, now: 0 });
    const lines = renderTable(header, rows).split(/[\n\v\f\r\u0085\u2028\u2029]/u);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain('Ada\\nroot');
    expect(lines[1]).not.toContain('\t');
  });

  it('are not let through by what this program paints', () => {
    const { io, said } = terminal(true);
    io.say(`${io.paint('red', HOSTILE)} and ${HOSTILE}`);
    expect(said.talk.match(/\u001B\[\d+m/gu)).toEqual(['\u001B[31m', '\u001B[39m']);
    expect(said.talk.match(/\u001B/gu)).toHaveLength(2);
  });

  it('leave JSON and YAML what they were, for programs', () => {
    const { io, said } = terminal(false);
    io.data(JSON.stringify(user));
    expect(JSON.parse(said.out)).toEqual(user);
    expect(said.out.match(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/gu)).toBeNull();
    said.out = '';
    io.data(stringify(user));
    expect(parse(said.out)).toEqual(user);
    expect(said.out.match(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/gu)).toBeNull();
  });

  it('do not come by a status either, which agents report', () => {
    const { io, said } = terminal(true);
    const status = { conditions: [{ type: 'Ready', status: 'False', reason: HOSTILE, message: HOSTILE }], lag: 0, delivered: 0 };
    const sink = { kind: 'AuditSink', metadata: { name: 's' }, spec: { type: 'file' }, status } as unknown as ApiObject;
    const { header, rows } = objectTable(auditSinkKind, [sink], { wide: true, withProject: false, now: 0 });
    io.data(renderTable(header, rows));
    expect(said.out).toContain('hidden');
    expect(obeyed(said.out)).toEqual([]);
  });
});
