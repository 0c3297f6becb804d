import { SlipwayError } from '@slipway/kit';
import { expect, test } from 'vitest';
import { createJsonLogger } from '@slipway/kit';
import { parseOptions } from './options.ts';

const env = { SLIPWAY_HUB_URL: 'https://hub', SLIPWAY_HUB_CA_FILE: '/ca', SLIPWAY_JOIN_TOKEN_FILE: '/token' };

test('a pod is told by its environment, a gateway by its command line', () => {
  expect(parseOptions(['cluster'], { ...env, POD_NAMESPACE: 'ns' })).toMatchObject({
    mode: 'cluster',
    hubUrl: 'https://hub',
    namespace: 'ns',
    kubeconfig: undefined,
  });
  const args = ['gateway', '--home', '/h', '--hub', 'https://127.0.0.1:7443', '--ca', '/c', '--join-token-file', '/t'];
  expect(parseOptions(args, {})).toMatchObject({
    mode: 'gateway',
    home: '/h',
    kubeconfig: '/h/gateway/kubeconfig',
    workDir: '/h/gateway/agent',
  });
});

test('what is missing is named, with how to say it', () => {
  expect(() => parseOptions(['gateway'], env)).toThrow('The home of the gateway (--home or SLIPWAY_HOME) is not set.');
  expect(() => parseOptions(['cluster'], {})).toThrow(SlipwayError);
  expect(() => parseOptions(['dance'], env)).toThrow('"dance" is no mode of the agent.');
});

test('errors are logged by their words on one line', () => {
  const lines: string[] = [];
  const logger = createJsonLogger('info', { app: 'agent' }, (line) => lines.push(line)).child({ part: 'x' });
  logger.debug({}, 'unheard');
  logger.warn({ error: new Error('no\nluck') }, 'said');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', app: 'agent', part: 'x', error: { message: 'no\nluck' }, message: 'said' });
  expect(lines[0]!.indexOf('\n')).toBe(lines[0]!.length - 1);
});
