import { afterAll, beforeAll, expect, test } from 'vitest';
import { startApiServer, type TestApiServer } from './api-server.ts';

let api: TestApiServer;
beforeAll(async () => {
  api = await startApiServer();
}, 60_000);
afterAll(() => api?.stop());

test('a real API server stores objects and keeps them over a kill', async () => {
  await api.kubectl(['create', 'configmap', 'one', '--from-literal=a=b']);
  await api.kill();
  await expect(api.kubectl(['get', 'configmap', 'one', '--request-timeout=2s'])).rejects.toThrow(/refused/);
  await api.restart();
  const { stdout } = await api.kubectl(['get', 'configmap', 'one', '-o', 'jsonpath={.data.a}']);
  expect(stdout).toBe('b');
}, 60_000);
