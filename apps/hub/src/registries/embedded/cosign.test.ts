import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, waitFor } from '@slipway/kit';
import { ADDRESS_CLASSES, createOutbound, type Outbound } from '@slipway/kit/outbound';
import { createOciClient, findSignature, type OciClient, pushArtefact, signManifest } from '@slipway/packs';
import { freePorts, testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';

const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** The registry that comes with the hub, and cosign as its authors make it. */
describe('signatures and cosign itself', { timeout: 300_000 }, () => {
  let folder: string;
  let host: string;
  let registry: ChildProcess;
  let outbound: Outbound;
  let client: OciClient;
  let theirs: string;
  const cosign = (...args: string[]) =>
    run(testTool('test-cosign'), args, {
      cwd: folder,
      // It would ask the public instance for its roots first, which a signature by a key has no use for.
      env: {
        ...process.env,
        HOME: folder,
        COSIGN_PASSWORD: '',
        DOCKER_CONFIG: folder,
        HTTPS_PROXY: 'http://127.0.0.1:9',
        NO_PROXY: '127.0.0.1',
      },
      timeoutMs: 240_000,
      allow: Array.from({ length: 256 }, (_, code) => code),
    });
  const sign = (image: string) => cosign('sign', '--yes', '--key', 'cosign.key', '--tlog-upload=false', '--allow-http-registry', image);
  const verify = (key: string, image: string) =>
    cosign('verify', '--key', key, '--insecure-ignore-tlog=true', '--allow-http-registry', image);
  const pushed = async (repository: string): Promise<{ digest: string; image: string }> => {
    const part = (text: string) => ({ mediaType: 'application/octet-stream', data: Buffer.from(text) });
    const { digest } = await pushArtefact(client, repository, { config: part('{}'), layers: [part(repository)] }, '1.0.0');
    return { digest, image: `${host}/${repository}@${digest}` };
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-cosign-'));
    const [port = 0] = await freePorts(1);
    host = `127.0.0.1:${port}`;
    const settings = {
      version: 0.1,
      log: { level: 'error' },
      storage: { filesystem: { rootdirectory: join(folder, 'storage') } },
      http: { addr: host },
    };
    await writeFile(join(folder, 'registry.yaml'), stringify(settings));
    registry = spawn(testTool('registry'), ['serve', join(folder, 'registry.yaml')], { stdio: 'ignore' });
    outbound = createOutbound({ rules: { allow: [...ADDRESS_CLASSES] } });
    client = createOciClient({
      asker: { outbound, plainHttp: true, from: 'registry' },
      base: `http://${host}`,
      credentials: { type: 'none' },
    });
    await waitFor(async () => (await fetch(`http://${host}/v2/`)).ok, { what: 'the registry to serve', timeoutMs: 120_000 });
    await cosign('generate-key-pair');
    theirs = await readFile(join(folder, 'cosign.pub'), 'utf8');
  }, 300_000);
  afterAll(async () => {
    registry?.kill('SIGKILL');
    await outbound?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('what cosign signs is signed for Slipway, by that key and no other', async () => {
    const { digest, image } = await pushed('by-cosign');
    expect(await findSignature(client, 'by-cosign', digest, [{ name: 'release', key: theirs }])).toEqual({ problem: 'it is not signed' });
    const made = await sign(image);
    expect(made.code, made.stderr).toBe(0);
    const other = pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey);
    const keys = [
      { name: 'other', key: other },
      { name: 'release', key: theirs },
    ];
    expect(await findSignature(client, 'by-cosign', digest, keys)).toEqual({ signedBy: 'release' });
    expect((await findSignature(client, 'by-cosign', digest, keys.slice(0, 1))).problem).toMatch(/none of its 1 signatures/);
  });

  test.each([
    ['ec', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
    ['ed25519', () => generateKeyPairSync('ed25519')],
  ] as const)('what Slipway signs (%s) is signed for cosign, and beside it a signature of cosign', async (name, make) => {
    const keys = make();
    await writeFile(join(folder, `${name}.pub`), pem(keys.publicKey));
    const { digest, image } = await pushed(`by-us-${name}`);
    await signManifest(client, { repository: `by-us-${name}`, reference: `${host}/by-us-${name}`, digest, key: keys.privateKey });
    const seen = await verify(`${name}.pub`, image);
    expect(seen.code, seen.stderr).toBe(0);
    expect(seen.stdout).toContain(digest);
    const wrong = await verify('cosign.pub', image);
    expect([wrong.code === 0, wrong.stderr]).toEqual([false, expect.stringContaining('no matching signatures')]);
    expect((await sign(image)).code).toBe(0);
    expect([(await verify('cosign.pub', image)).code, (await verify(`${name}.pub`, image)).code]).toEqual([0, 0]);
  });
});
