import { clusterProfileSpecSchema, exportProfile } from '@slipway/model';
import { describe, expect, test } from 'vitest';
import { MEDIA } from './media-types.ts';
import { createOciClient, digestOf, type OciClient } from './oci-client.ts';
import { manifestOf, pushArtefact } from './oci-push.ts';
import { fetchProfile, profileArtefact } from './profile-artefact.ts';
import { memoryRegistry } from './registry-fixture.ts';

const spec = clusterProfileSpecSchema.parse({
  versions: [
    {
      version: '1.0.0',
      variables: [{ name: 'password', type: 'secret', required: true }],
      layers: [
        { name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } },
        { name: 'web', type: 'addon', chart: { registry: 'stable', name: 'web', version: '1.2.3' }, valuesYaml: 'a: 1 # why\n' },
      ],
    },
  ],
});
const text = exportProfile({ kind: 'ClusterProfile', metadata: { name: 'shop' }, spec } as never, spec.versions[0] as never);

function world() {
  const registry = memoryRegistry();
  const client: OciClient = createOciClient({
    asker: { outbound: registry, plainHttp: false, from: 'registry', attempts: 1 },
    base: 'https://registry.example',
    credentials: { type: 'none' },
  });
  return { registry, client };
}

describe('a profile as an artefact', () => {
  test('comes back to the letter, by tag and by digest; its config tells what it refers to', async () => {
    const { client } = world();
    const { profile, ...artefact } = profileArtefact(text, 'file');
    const { digest } = await pushArtefact(client, 'profiles/shop', artefact, '1.0.0');
    expect(await fetchProfile(client, 'profiles/shop', '1.0.0')).toEqual({ text, digest });
    expect(await fetchProfile(client, 'profiles/shop', digest)).toEqual({ text, digest });
    const manifest = (await client.manifest('profiles/shop', digest))?.manifest;
    expect([manifest?.artifactType, manifest?.layers.map(({ mediaType }) => mediaType)]).toEqual([
      MEDIA.profileConfig,
      [MEDIA.profileLayer],
    ]);
    const config = JSON.parse((await client.blob('profiles/shop', manifest?.config as never, 10_000)).toString()) as object;
    expect(config).toEqual({
      name: 'shop',
      version: '1.0.0',
      type: 'full',
      cloud: 'any',
      contentHash: `sha256:${profile.hash}`,
      needs: { packs: [{ registry: 'stable', scope: 'tenant', name: 'web', version: '1.2.3' }], macros: [], secretVariables: ['password'] },
    });
  });

  test('the same file is the same artefact', () => {
    const [a, b] = [profileArtefact(text, 'a'), profileArtefact(text, 'b')].map((one) => digestOf(manifestOf(one)));
    expect(a).toBe(b);
  });

  test('what was changed is not made into one', () => {
    expect(() => profileArtefact(text.replace('a: 1', 'a: 2'), 'file')).toThrow(/was changed after it was exported/);
  });

  const layer = (data: Buffer, mediaType: string = MEDIA.profileLayer) => ({ mediaType, data });
  const config = { mediaType: MEDIA.profileConfig, data: Buffer.from('{}') };

  test.each([
    ['a chart', { config, layers: [layer(Buffer.from(text), MEDIA.chartLayer)] }, /is no exported profile/],
    ['two of them', { config, layers: [layer(Buffer.from(text)), layer(Buffer.from('other'))] }, /is no exported profile/],
    ['nothing', { config, layers: [] }, /is no exported profile/],
    ['no text', { config, layers: [layer(Buffer.from([0xff, 0xfe, 0x80]))] }, /is no text in UTF-8/],
  ])('%s is refused', async (_what, artefact, message) => {
    const { client } = world();
    await pushArtefact(client, 'shop', artefact, '1.0.0');
    await expect(fetchProfile(client, 'shop', '1.0.0')).rejects.toThrow(message);
  });

  test('a layer that says it is huge is not fetched, one that is another than its digest is refused', async () => {
    const { client, registry } = world();
    const real = Buffer.from(text);
    const manifest = (size: number, digest: string) =>
      Buffer.from(JSON.stringify({ schemaVersion: 2, layers: [{ mediaType: MEDIA.profileLayer, digest, size }] }));
    registry.tag('shop', 'huge', manifest(9_000_000_000, digestOf(real)));
    await expect(fetchProfile(client, 'shop', 'huge')).rejects.toMatchObject({ code: 'TooLarge' });
    expect(registry.asked.some((path) => path.includes('/blobs/'))).toBe(false);
    registry.tag('shop', 'odd', manifest(5, 'sha512:00'));
    await expect(fetchProfile(client, 'shop', 'odd')).rejects.toMatchObject({ code: 'Invalid' });
    await expect(fetchProfile(client, 'shop', 'none')).rejects.toMatchObject({ code: 'NotFound' });
  });
});
