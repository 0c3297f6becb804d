import { findKind, kinds } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { entries } from '../entries.ts';
import { openSession } from '../hub/session.ts';

const NOUN_COMMANDS = new Set(['get', 'describe', 'delete', 'edit', 'wait', 'explain']);
const CLUSTER_COMMANDS = new Set(['kubeconfig', 'events']);
const SUBNOUNS: Record<string, readonly string[]> = {
  scale: ['pool', 'control-plane'],
  upgrade: ['cluster'],
  create: ['cluster', 'pool', 'project'],
  machine: ['list', 'exec', 'kill'],
};

/** What may follow the words typed so far. Never fails: no hub means no names. */
export async function complete(deps: CliDeps, words: readonly string[]): Promise<string[]> {
  const [command, noun] = words;
  if (command === undefined) return entries.map((entry) => entry.name);
  if (words.length === 1) {
    if (NOUN_COMMANDS.has(command)) return kinds.flatMap((kind) => [kind.plural, kind.singular]);
    if (CLUSTER_COMMANDS.has(command)) return names(deps, 'cluster');
    return [...(SUBNOUNS[command] ?? [])];
  }
  if (noun === undefined) return [];
  return names(deps, noun === 'control-plane' ? 'cluster' : noun);
}

async function names(deps: CliDeps, noun: string): Promise<string[]> {
  const kind = findKind(noun);
  if (!kind) return [];
  try {
    const { hub, project } = await openSession({ ...deps, signal: AbortSignal.any([deps.signal, AbortSignal.timeout(1500)]) }, {});
    return (await hub.list(kind, { project })).items.map((object) => object.metadata.name);
  } catch {
    return [];
  }
}
