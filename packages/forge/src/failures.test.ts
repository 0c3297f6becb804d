import { SlipwayError } from '@slipway/kit';
import { expect, it } from 'vitest';
import { failureSummary, hostFailure, PrerequisiteError } from './failures.ts';

const withCode = (code: string, message: string) => Object.assign(new Error(message), { code });

it.each([
  ['a full disk, by code', withCode('ENOSPC', 'write'), 'The disk is full'],
  [
    'a full disk, in the words of a compiler',
    new SlipwayError('Internal', 'link: write $WORK/a.out: no space left on device'),
    'The disk is full',
  ],
  ['a read-only cache', withCode('EROFS', "mkdir '/cache'"), 'cannot be written'],
  ['no network', new SlipwayError('Internal', 'Get "https://proxy": dial tcp: lookup proxy: no such host'), 'could not be downloaded'],
])('recognises %s as a need of the host', (_, error, words) => {
  const failure = hostFailure(error, '/cache') as SlipwayError;
  expect(failure.code).toBe('Host');
  expect(failure.message).toContain(words);
  expect(failure.hint).toBeDefined();
});

it('leaves other errors as they are', () => {
  const error = new SlipwayError('Invalid', 'wrong checksum');
  expect(hostFailure(error, '/cache')).toBe(error);
});

it('names each root cause once and what it took with it', () => {
  const cause = new SlipwayError('Host', 'Go is not installed.', { hint: 'Install it.' });
  const layer = new PrerequisiteError('layer', 'binary', cause);
  const error = failureSummary(
    [
      { name: 'image-a', error: new PrerequisiteError('image-a', 'layer', layer) },
      { name: 'image-b', error: new PrerequisiteError('image-b', 'layer', layer) },
      { name: 'other', error: new SlipwayError('Invalid', 'Wrong checksum.') },
    ],
    5,
  );
  expect(error.message).toBe(
    '3 of 5 pieces of the toolchain could not be made: binary: Go is not installed; other: Wrong checksum. Therefore missing too: image-a, image-b.',
  );
  expect(error).toMatchObject({ code: 'Host', hint: 'Install it.' });
});
