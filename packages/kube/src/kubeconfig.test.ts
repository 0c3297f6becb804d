import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fromKubeconfig, inCluster } from './kubeconfig.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const kubeconfig = (user: string) => `
apiVersion: v1
kind: Config
current-context: one
contexts:
- { name: one, context: { cluster: c, user: u } }
- { name: two, context: { cluster: gone, user: u } }
clusters:
- { name: c, cluster: { server: "https://1.2.3.4:6443", certificate-authority-data: ${base64('CA')} } }
users:
- { name: u, user: ${user} }
`;

test('certificates inline and beside the file, tokens fixed and in a file', async () => {
  const inline = await fromKubeconfig(kubeconfig(`{ client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} }`));
  expect(inline).toEqual({ server: 'https://1.2.3.4:6443', ca: 'CA', cert: 'CERT', key: 'KEY', token: undefined });
  await writeFile(join(dir, 'key.pem'), 'KEY IN FILE');
  await writeFile(join(dir, 'token'), 'secret\n');
  await writeFile(join(dir, 'config'), kubeconfig('{ client-key: key.pem, tokenFile: token }'));
  const beside = await fromKubeconfig(join(dir, 'config'));
  expect(beside.key).toBe('KEY IN FILE');
  expect(await (beside.token as () => Promise<string>)()).toBe('secret');
  expect((await fromKubeconfig(kubeconfig('{ token: abc }'))).token).toBe('abc');
});

test('what cannot work is refused in words', async () => {
  await expect(fromKubeconfig('/nowhere/config')).rejects.toMatchObject({ code: 'NotFound' });
  await expect(fromKubeconfig(kubeconfig('{}'), 'two')).rejects.toThrow('no cluster called "gone"');
  await expect(fromKubeconfig(kubeconfig('{}'), 'three')).rejects.toThrow('no context called "three"');
  await expect(fromKubeconfig(kubeconfig('{ exec: { command: aws } }'))).rejects.toThrow('gets its credentials from a program');
});

test('in a pod: the service account; outside: an error that says so', async () => {
  await writeFile(join(dir, 'ca.crt'), 'CA');
  const connection = await inCluster({ KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }, dir);
  expect(connection).toMatchObject({ server: 'https://[fd00::1]:443', ca: 'CA' });
  await expect(inCluster({}, dir)).rejects.toMatchObject({ code: 'Host' });
});
