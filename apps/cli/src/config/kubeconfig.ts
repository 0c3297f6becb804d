import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import { parse, stringify } from 'yaml';

interface Named {
  readonly name: string;
}
interface Kubeconfig {
  [key: string]: unknown;
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  'current-context'?: string;
}

/** Writes a file only its owner may read, whole or not at all. */
export async function writePrivate(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, text, { mode: 0o600 });
  await chmod(draft, 0o600);
  await rename(draft, path);
}

/** Entries of `added` replace those of the same name; the rest of `base` stays as it is. */
export function mergeKubeconfigs(base: Kubeconfig, added: Kubeconfig): Kubeconfig {
  const joined = (ours: readonly Named[] = [], theirs: readonly Named[] = []) => [
    ...ours.filter((one) => !theirs.some((other) => other.name === one.name)),
    ...theirs,
  ];
  return {
    apiVersion: 'v1',
    kind: 'Config',
    ...base,
    clusters: joined(base.clusters ?? [], added.clusters),
    users: joined(base.users ?? [], added.users),
    contexts: joined(base.contexts ?? [], added.contexts),
    ...(added['current-context'] ? { 'current-context': added['current-context'] } : {}),
  };
}

export async function mergeIntoUsersKubeconfig(text: string, env: NodeJS.ProcessEnv): Promise<{ path: string; context: string }> {
  const path = env['KUBECONFIG']?.split(':').find((part) => part !== '') ?? join(env['HOME'] ?? homedir(), '.kube', 'config');
  const existing = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const base: unknown = parse(existing) ?? {};
  if (typeof base !== 'object' || Array.isArray(base)) throw new SlipwayError('Invalid', `${path} is not a kubeconfig; it was left alone.`);
  const added = parse(text) as Kubeconfig;
  await writePrivate(path, stringify(mergeKubeconfigs(base as Kubeconfig, added)));
  return { path, context: added['current-context'] ?? '' };
}
