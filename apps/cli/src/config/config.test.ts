import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { contextsPath, createContextStore, resolveContext } from './contexts.ts';
import { mergeIntoUsersKubeconfig, mergeKubeconfigs } from './kubeconfig.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-config-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const context = (name: string, token = 'swt_x') => ({ name, server: 'https://127.0.0.1:7443', token, project: 'default' });

describe('contexts', () => {
  it('are kept for their owner only, and replaced by name', async () => {
    const store = createContextStore(join(folder, 'deep', 'config.yaml'));
    await store.put(context('local'), { use: true });
    await store.put(context('other'), { use: false });
    await store.put(context('local', 'swt_new'), { use: false });
    expect((await stat(store.path)).mode & 0o777).toBe(0o600);
    const config = await store.read();
    expect(config.current).toBe('local');
    expect(config.contexts.map((one) => [one.name, one.token])).toEqual([
      ['other', 'swt_x'],
      ['local', 'swt_new'],
    ]);
    await store.remove('local');
    expect((await store.read()).current).toBeUndefined();
  });

  it('are chosen by flag, then environment, then the current one', async () => {
    const store = createContextStore(join(folder, 'config.yaml'));
    await expect(resolveContext(store, {})).rejects.toMatchObject({ code: 'Unauthorized' });
    await store.put(context('a'), { use: true });
    await store.put(context('b'), { use: false });
    expect((await resolveContext(store, {})).name).toBe('a');
    expect((await resolveContext(store, { SLIPWAY_CONTEXT: 'b' })).name).toBe('b');
    expect((await resolveContext(store, { SLIPWAY_TOKEN: 'swt_env' })).token).toBe('swt_env');
    expect(await resolveContext(store, { SLIPWAY_SERVER: 'https://ci:1', SLIPWAY_TOKEN: 't' })).toMatchObject({
      server: 'https://ci:1',
      token: 't',
    });
    await expect(resolveContext(store, {}, 'nope')).rejects.toMatchObject({ code: 'NotFound', hint: 'Known: a, b' });
  });

  it('says what is wrong with a broken file', async () => {
    await writeFile(join(folder, 'config.yaml'), 'contexts: 7');
    await expect(createContextStore(join(folder, 'config.yaml')).read()).rejects.toMatchObject({
      code: 'Invalid',
      message: expect.stringContaining('config.yaml'),
    });
  });

  it('live where the environment says', () => {
    expect(contextsPath({ SLIPWAY_CONFIG: '/x.yaml', HOME: '/h' })).toBe('/x.yaml');
    expect(contextsPath({ XDG_CONFIG_HOME: '/c', HOME: '/h' })).toBe('/c/slipway/config.yaml');
    expect(contextsPath({ HOME: '/h' })).toBe('/h/.config/slipway/config.yaml');
  });
});

describe('merging kubeconfigs', () => {
  it('replaces entries of the same name and leaves the rest', () => {
    const base = { contexts: [{ name: 'old' }, { name: 'dev' }], users: [], clusters: [], preferences: { colors: true } };
    const merged = mergeKubeconfigs(base, { contexts: [{ name: 'dev' }], 'current-context': 'dev' });
    expect(merged).toMatchObject({ contexts: [{ name: 'old' }, { name: 'dev' }], 'current-context': 'dev', preferences: { colors: true } });
  });

  it("writes the user's file for its owner only, and leaves what is no kubeconfig alone", async () => {
    const path = join(folder, 'kube', 'config');
    const env = { KUBECONFIG: `${path}:/elsewhere` };
    expect(await mergeIntoUsersKubeconfig('contexts: [{name: dev}]\ncurrent-context: dev\n', env)).toEqual({ path, context: 'dev' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(parse(await readFile(path, 'utf8'))).toMatchObject({ kind: 'Config', 'current-context': 'dev' });
    await writeFile(path, '- a list');
    await expect(mergeIntoUsersKubeconfig('contexts: []', env)).rejects.toMatchObject({ code: 'Invalid' });
    expect(await readFile(path, 'utf8')).toBe('- a list');
  });
});
