import { SlipwayError } from '@slipway/kit';
import type { Kind } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { Detached } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import { titleOf } from '../hub/nouns.ts';
import { follow } from './watch.ts';

export interface WaitUntilGoneInput {
  readonly deps: Pick<CliDeps, 'io' | 'signal' | 'self'>;
  readonly hub: Hub;
  readonly kind: Kind;
  readonly name: string;
  readonly project: string;
  readonly timeoutMs: number;
}

export async function waitUntilGone(input: WaitUntilGoneInput): Promise<void> {
  const { hub, kind, name, project, deps } = input;
  const timeout = AbortSignal.timeout(input.timeoutMs);
  const signal = AbortSignal.any([deps.signal, timeout]);
  if (!(await hub.find(kind, name, project))) return;
  for await (const event of follow(hub, kind, { project, fieldSelector: `metadata.name=${name}` }, signal)) {
    if (event.type === 'DELETED') return;
    // It may have gone between the look and the list.
    if (event.type !== 'LISTED' && !(await hub.find(kind, name, project))) return;
  }
  if (!(await hub.find(kind, name, project).catch(() => true))) return;
  if (timeout.aborted)
    throw new SlipwayError('Timeout', `The ${titleOf(kind, name)} is still there after ${Math.round(input.timeoutMs / 1000)} s.`);
  throw new Detached(`Detached: the deletion goes on. Follow it with: ${deps.self} wait ${kind.singular} ${name} --gone`);
}
