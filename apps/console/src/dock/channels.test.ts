import { expect, it } from 'vitest';
import { heard, resized, typed } from './channels.ts';

const message = (channel: number, text: string): ArrayBuffer => new Uint8Array([channel, ...new TextEncoder().encode(text)]).buffer;

it('puts what is typed, and the size, on their channels', () => {
  expect([...typed('é')]).toEqual([0, 0xc3, 0xa9]);
  expect(new TextDecoder().decode(resized(80, 24).subarray(1))).toBe('{"Width":80,"Height":24}');
  expect(resized(80, 24)[0]).toBe(4);
});

it('hears output of both kinds, and nothing on channels it does not know', () => {
  expect(heard(message(1, 'out'))).toEqual({ output: new TextEncoder().encode('out') });
  expect(heard(message(2, 'err'))).toEqual({ output: new TextEncoder().encode('err') });
  expect(heard(message(255, '\u0001'))).toBeUndefined();
});

it('says how a command ended, or why it never ran', () => {
  expect(heard(message(3, '{"status":"Success"}'))).toEqual({ end: { code: 0, message: '' } });
  const failed = {
    status: 'Failure',
    message: 'command terminated with non-zero exit code',
    details: { causes: [{ reason: 'ExitCode', message: '130' }] },
  };
  expect(heard(message(3, JSON.stringify(failed)))).toEqual({ end: { code: 130, message: failed.message } });
  expect(heard(message(3, 'no such file'))).toEqual({ end: { code: undefined, message: 'no such file' } });
});
