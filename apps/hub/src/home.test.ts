import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensurePki, openHome } from './home.ts';

describe("the hub's authority", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'slipway-home-'));
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('is one, however many begin together, and stays', async () => {
    const { pki } = await openHome(root);
    const made = await Promise.all(Array.from({ length: 8 }, () => ensurePki(pki, [])));
    expect(new Set(made.map(({ ca }) => ca)).size).toBe(1);
    expect((await ensurePki(pki, [])).ca).toBe(made[0]?.ca);
    expect((await readdir(join(root, 'hub'))).filter((name) => name.startsWith('pki'))).toEqual(['pki']);
  });

  it('is not made anew over half of one', async () => {
    const { pki } = await openHome(root);
    await ensurePki(pki, []);
    await rm(join(pki, 'ca.crt'));
    await expect(ensurePki(pki, [])).rejects.toThrow(/only a part of the hub's authority/);
    expect(await readdir(pki)).toEqual(['ca.key']);
  });
});
