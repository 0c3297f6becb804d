import { SlipwayError } from '@slipway/kit/errors';
import { expect, it } from 'vitest';
import { sentenceOf } from './next-step.ts';

it('gives one next step: the one of who refused, else the one of the kind of failure', () => {
  expect(sentenceOf(new SlipwayError('Timeout', 'No answer.', { hint: 'Wait.' }))).toEqual({ sentence: 'No answer.', next: 'Wait.' });
  expect(sentenceOf(new SlipwayError('NotFound', 'Team "a" was not found. List them.')).next).toBeUndefined();
  expect(sentenceOf(new SlipwayError('AlreadyExists', 'Team "a" is there already.')).next).toBe('Choose another name.');
  expect(sentenceOf(new Error('x')).next).toContain('request id');
});
