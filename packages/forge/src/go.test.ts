import { SlipwayError } from '@slipway/kit';
import { expect, it } from 'vitest';
import { compareGoVersions, findGo, goFlags } from './go.ts';

it('says that Go is missing, and what to do', async () => {
  const error = await findGo(process.env, ['/nowhere/go']).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(SlipwayError);
  expect(error).toMatchObject({ code: 'Host', message: expect.stringContaining('Go is not installed') as string });
  expect((error as SlipwayError).hint).toContain('/usr/local/go');
});

it('finds Go beside PATH', async () => {
  const onPath = await findGo(process.env);
  expect(await findGo(process.env, ['/nowhere/go', onPath.command])).toEqual(onPath);
});

it.each([
  ['1.26.8', '1.26.0', 1],
  ['1.26.0', '1.26.0', 0],
  ['1.9.7', '1.26.0', -1],
  ['1.26rc1', '1.26.0', 0],
  ['1.26', '1.26.4', -1],
])('compares Go %s with %s', (a, b, sign) => {
  expect(Math.sign(compareGoVersions(a, b))).toBe(sign);
});

it('keeps paths, revisions and times out of what it builds', () => {
  const flags = goFlags({ type: 'go', module: 'x', programs: [], set: ['k8s.io/component-base/version.gitVersion=v1.35.4'] });
  expect(flags).toEqual(['-buildvcs=false', '-trimpath', '-ldflags', '-s -w -X k8s.io/component-base/version.gitVersion=v1.35.4']);
});
