import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test, describe } from 'vitest';
import { packChart } from '../chart-archive.ts';
import { createOciClient, type OciClient } from '../registries/oci-client.ts';
import { ociSource } from '../registries/oci-source.ts';
import { pushArtefact } from '../registries/oci-push.ts';
import { packArtefact } from '../registries/pack-artefact.ts';
import { MEDIA } from '../registries/media-types.ts';
import { memoryRegistry } from '../registries/registry-fixture.ts';
import { trustOf } from './trust.ts';
import { signatureOf, signingPayload } from './simple-signing.ts';
import { findSignature, signManifest } from './verify-signatures.ts';

const pair = (type: 'ed25519' | 'ec' = 'ec') => {
  const { privateKey, publicKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  return { key: privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }).toString() };
};
const release = pair();
const other = pair();

function world() {
  const registry = memoryRegistry();
  const asker = { outbound: registry, plainHttp: true, from: 'OCI registry "r"', attempts: 1 };
  return { registry, client: createOciClient({ asker, base: 'http://registry', credentials: { type: 'none' } }) };
}

async function pushed(client: OciClient, extra = ''): Promise<string> {
  const archive = packChart('web', [
    { name: 'Chart.yaml', data: Buffer.from('apiVersion: v2\nname: web\nversion: 1.0.0\n') },
    { name: 'x', data: Buffer.from(extra) },
  ]);
  return (await pushArtefact(client, 'web', await packArtefact(archive), '1.0.0')).digest;
}

const sign = (client: OciClient, digest: string, key: KeyObject = release.key) =>
  signManifest(client, { repository: 'web', reference: 'registry/web', digest, key });
const keys = [
  { name: 'old', key: pair().pem },
  { name: 'release', key: release.pem },
];
const source = (client: OciClient, policy: 'require' | 'warn' = 'require') =>
  ociSource({ client, prefix: '', packs: ['web'], trust: trustOf(client, { policy, keys }) });
const fetch = (client: OciClient, policy?: 'warn') => source(client, policy).fetch({ name: 'web', version: '1.0.0' });
const refused = (why: RegExp) => ({ code: 'Forbidden', message: expect.stringMatching(why) });

test.each(['ec', 'ed25519'] as const)('what is signed with %s is found to be, by the name of its key', async (type) => {
  const { client } = world();
  const digest = await pushed(client);
  const mine = pair(type);
  await sign(client, digest, other.key);
  await sign(client, digest, mine.key);
  expect(await findSignature(client, 'web', digest, [{ name: 'mine', key: mine.pem }])).toEqual({ signedBy: 'mine' });
  expect(await findSignature(client, 'web', digest, [{ name: 'theirs', key: other.pem }])).toEqual({ signedBy: 'theirs' });
});

describe('policy', () => {
  test('require: only what is signed by a key of the registry is used', async () => {
    const { client } = world();
    const digest = await pushed(client);
    await expect(fetch(client)).rejects.toMatchObject(refused(/is not used: it is not signed/));
    await sign(client, digest, other.key);
    await expect(fetch(client)).rejects.toMatchObject(refused(/none of its 1 signatures is by a key/));
    await sign(client, digest);
    expect(await fetch(client)).toMatchObject({ manifestDigest: digest, signature: { signedBy: 'release' } });
  });

  test('warn: it is used, and said', async () => {
    const { client } = world();
    await pushed(client);
    expect((await fetch(client, 'warn')).signature).toEqual({ problem: 'it is not signed' });
  });

  test('require fails closed: a signature that cannot be asked for is none', async () => {
    const { client, registry } = world();
    const digest = await pushed(client);
    await sign(client, digest);
    for (const status of [500, 503, 401, 403]) {
      registry.broken.set(`/v2/web/manifests/${digest.replace(':', '-')}.sig`, status);
      await expect(fetch(client), String(status)).rejects.toMatchObject(refused(/its signature cannot be checked/));
      expect((await fetch(client, 'warn')).signature?.problem, String(status)).toMatch(/cannot be checked/);
    }
  });
});

describe('forgeries', () => {
  test('a true signature of another manifest is not one of this', async () => {
    const { client, registry } = world();
    const first = await pushed(client, 'first');
    await sign(client, first);
    const second = await pushed(client, 'second');
    registry.copyTag('web', `${first.replace(':', '-')}.sig`, `${second.replace(':', '-')}.sig`);
    await expect(fetch(client)).rejects.toMatchObject(refused(/none of its 1 signatures/));
  });

  test('the tag is moved between the check and the fetch: what was checked is what comes', async () => {
    const { client, registry } = world();
    const good = await pushed(client, 'good');
    await sign(client, good);
    const goodArchive = (await fetch(client)).archive;
    registry.onAsked = (path) => {
      if (!path.endsWith('.sig')) return;
      registry.onAsked = undefined;
      registry.tag('web', '1.0.0', Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [] })));
    };
    const fetched = await fetch(client);
    expect([fetched.manifestDigest, fetched.archive.equals(goodArchive)]).toEqual([good, true]);
  });

  const push = async (client: OciClient, digest: string, [payload, signature]: readonly [Buffer, Buffer], tag?: string) =>
    pushArtefact(
      client,
      'web',
      {
        config: { mediaType: MEDIA.cosignSignature, data: Buffer.from('{}') },
        layers: [
          {
            mediaType: MEDIA.simpleSigning,
            data: payload,
            annotations: { 'dev.cosignproject.cosign/signature': signature.toString('base64') },
          },
        ],
        ...(tag === undefined ? { subject: { mediaType: MEDIA.manifest, digest, size: 1 } } : {}),
      },
      tag,
    );

  test.each([
    [
      'words that were changed after',
      (digest: string) => [signingPayload('other', digest), signatureOf(signingPayload('registry/web', digest), release.key)],
    ],
    [
      'another type of words',
      (digest: string) => {
        const p = Buffer.from(
          JSON.stringify({ critical: { image: { 'docker-manifest-digest': digest }, identity: {}, type: 'atomic container signature' } }),
        );
        return [p, signatureOf(p, release.key)];
      },
    ],
    ['nothing', (digest: string) => [signingPayload('registry/web', digest), Buffer.alloc(0)]],
    ['rubbish', (digest: string) => [signingPayload('registry/web', digest), Buffer.from('rubbish')]],
    [
      'no JSON',
      () => {
        const p = Buffer.from('{{{{');
        return [p, signatureOf(p, release.key)];
      },
    ],
    [
      'a digest in other letters',
      (digest: string) => {
        const p = signingPayload('registry/web', digest.toUpperCase());
        return [p, signatureOf(p, release.key)];
      },
    ],
  ] as const)('%s is no signature', async (_what, make) => {
    const { client } = world();
    const digest = await pushed(client);
    await push(client, digest, make(digest) as [Buffer, Buffer], `${digest.replace(':', '-')}.sig`);
    await expect(fetch(client)).rejects.toMatchObject(refused(/none of its 1 signatures/));
  });

  test('a signature that is a referrer counts, by the API and by its tag; one of another type does not', async () => {
    for (const api of [true, false]) {
      const { client, registry } = world();
      registry.referrersApi = api;
      const digest = await pushed(client);
      const payload = signingPayload('registry/web', digest);
      await push(client, digest, [payload, signatureOf(payload, release.key)]);
      if (!api) registry.tag('web', digest.replace(':', '-'), registry.referrersIndex('web', digest));
      expect(await findSignature(client, 'web', digest, keys), String(api)).toEqual({ signedBy: 'release' });
    }
  });

  test('a hundred of somebody’s signatures do not make the hub read for ever', async () => {
    const { client, registry } = world();
    const digest = await pushed(client);
    const payload = signingPayload('registry/web', digest);
    const layer = {
      mediaType: MEDIA.simpleSigning,
      data: payload,
      annotations: { 'dev.cosignproject.cosign/signature': signatureOf(payload, other.key).toString('base64') },
    };
    await pushArtefact(
      client,
      'web',
      {
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', data: Buffer.from('{}') },
        layers: Array.from({ length: 300 }, () => layer),
      },
      `${digest.replace(':', '-')}.sig`,
    );
    registry.asked.length = 0;
    await expect(fetch(client)).rejects.toMatchObject(refused(/none of its 50 signatures/));
    expect(registry.asked.length).toBeLessThan(60);
  });
});

test('the catalogue says who signed what; unsigned ones are looked at again', async () => {
  const { client } = world();
  const digest = await pushed(client);
  const first = await source(client).catalogue({ find: () => undefined });
  const version = first?.packs[0]?.versions[0];
  expect(version).toMatchObject({ version: '1.0.0', manifestDigest: digest, unsigned: 'it is not signed' });
  await sign(client, digest);
  const second = await source(client).catalogue({ find: () => version });
  expect(second?.packs[0]?.versions[0]).toMatchObject({ signedBy: 'release', digest: version?.digest });
  expect(second?.packs[0]?.versions[0]?.unsigned).toBeUndefined();
});
