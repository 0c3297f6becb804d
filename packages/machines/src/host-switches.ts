import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn, readText } from './trees.ts';

/** Kernel switches of the whole host that machines need, with the least value each must have. */
const neededSwitches: Readonly<Record<string, number>> = {
  'net.ipv4.ip_forward': 1,
  // Every containerd, kubelet and pod of every machine watches files. At the usual 128 the CRI plugin of the fourth machine does not load.
  'fs.inotify.max_user_instances': 8192,
  'fs.inotify.max_user_watches': 524_288,
};

/** What the switches were before the first instance of this host changed them, and which instances need them now. */
const record = '/run/slipway-host';
const users = join(record, 'users');
const path = (name: string): string => `/proc/sys/${name.replaceAll('.', '/')}`;

/** Raises what is too low and signs the instance in. Callers hold the network lock. */
export async function raiseSwitches(id: string): Promise<void> {
  await mkdir(users, { recursive: true });
  for (const [name, least] of Object.entries(neededSwitches)) {
    const current = ((await readText(path(name))) ?? '').trim();
    if (current === '' || Number(current) >= least) continue;
    if ((await readText(join(record, name))) === undefined) await writeFile(join(record, name), current);
    await writeFile(path(name), String(least));
  }
  await writeFile(join(users, id), '');
}

/** Signs the instance out; the last one puts back what was there before the first. */
export async function restoreSwitches(id: string): Promise<void> {
  await rm(join(users, id), { force: true });
  if ((await namesIn(users)).length > 0 || (await namesIn(record)).length === 0) return;
  for (const name of await readdir(record)) {
    const before = name in neededSwitches ? await readText(join(record, name)) : undefined;
    if (before !== undefined) await writeFile(path(name), before);
  }
  await rm(record, { recursive: true, force: true });
}

/** Lines `net.ipv4.ip_forward = 0`. */
export async function currentSwitches(): Promise<string[]> {
  return Promise.all(Object.keys(neededSwitches).map(async (name) => `${name} = ${((await readText(path(name))) ?? '').trim()}`));
}
