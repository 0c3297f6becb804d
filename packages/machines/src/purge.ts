import { readdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SlipwayError, type Logger } from '@slipway/kit';
import { cgroupDirectories, destroyCgroup } from './cgroups.ts';
import type { HostInstance } from './driver.ts';
import { instanceId } from './instance.ts';
import { unmountBelow } from './mounts.ts';
import { hostNames } from './names.ts';
import { createNetwork } from './network.ts';
import { readText, removeTree } from './trees.ts';

export interface PurgeOptions {
  /** Called with what is being removed: "processes", "mounts", … */
  readonly onProgress?: (detail: string) => void;
}

/**
 * Removes everything an instance ever made on this host, its home directory included; the shared cache stays. It looks for things by their
 * names, not in state files, so it works after a kill -9 at any moment, with half of the state gone, and a second time.
 *
 * Stop what works for the instance (hub, gateway agent) first: a living driver would make things anew.
 */
export async function purge(instance: HostInstance, logger: Logger, options: PurgeOptions = {}): Promise<void> {
  const home = resolve(instance.home);
  // The id is made of the path: a mistaken home cannot match another instance's id.
  if (instanceId(instance.home) !== instance.id || home.split('/').length < 3) {
    throw new SlipwayError('Invalid', `${instance.home} is not the home of instance ${instance.id}; nothing was removed.`);
  }
  const names = hostNames(instance);
  options.onProgress?.('processes');
  // Twice: a keeper killed in the middle of a start can leave a process that had not yet joined its group.
  for (let round = 0; round < 2; round++) {
    await killByCommand(names.runcRoot);
    if ((await cgroupDirectories(names.cgroupRoot)).length > 0) await destroyCgroup(names.cgroupRoot);
  }
  options.onProgress?.('mounts');
  await unmountBelow(home);
  await unmountBelow(names.run);
  options.onProgress?.('networks');
  await createNetwork(instance, names, logger).purge();
  options.onProgress?.('files');
  await rm(names.run, { recursive: true, force: true });
  await removeTree(home);
}

/** Ends host processes whose command line names the instance's runtime directory: keepers, and runc in the middle of something. */
async function killByCommand(marker: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = ((await readText(`/proc/${pid}/cmdline`).catch(() => undefined)) ?? '').split('\0');
    if (Number(pid) === process.pid || !words.includes(marker)) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // Gone already.
    }
  }
}
