import { waitFor } from '@slipway/kit';
import { findCondition, registryKinds, type RegistryStatus } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';

interface Sync {
  readonly name: string;
  readonly project: string | undefined;
  readonly wait: boolean;
  readonly timeoutMs: number;
}

/** Asks for a sync, waits for its end, and says how it ended. */
export async function syncRegistry(deps: CliDeps, hub: Hub, { name, project, wait, timeoutMs }: Sync): Promise<void> {
  const { requested } = await hub.syncRegistry(name, project);
  if (!wait) return deps.io.data(`registry/${name} sync requested`);
  const kind = registryKinds.at(project === undefined ? 'tenant' : 'project');
  const status = await waitFor(
    async () => {
      const now = (await hub.get(kind, name, project ?? '')).status as RegistryStatus | undefined;
      return (now?.lastAttempt ?? '') >= requested ? now : undefined;
    },
    { what: `the sync of registry "${name}"`, timeoutMs, intervalMs: 300, signal: deps.signal },
  );
  for (const type of ['Unchanged', 'Verified']) {
    const condition = findCondition(status?.conditions, type);
    if (condition?.status === 'False') deps.io.say(`${deps.io.paint('yellow', '!')} ${condition.message}`);
  }
  const ready = findCondition(status?.conditions, 'Ready');
  if (ready?.status === 'True')
    return deps.io.data(`registry/${name} synced: ${findCondition(status?.conditions, 'Synced')?.message ?? ''}`);
  deps.io.say(`registry/${name} could not be read: ${ready?.message ?? ''}`);
  throw new Finished(EXIT.failed);
}
