import { writeFile, rename } from 'node:fs/promises';
import type { Clock, Logger } from '@slipway/kit';
import type { AuditCheckpoint } from '@slipway/model';
import type { AuditLog } from '@slipway/store';

const DAY_MS = 86_400_000;

export interface AuditUpkeepDeps {
  readonly log: AuditLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Newest signed head of each tenant, outside the database: what a truncated chain is measured by when its checkpoints went with it. */
  readonly headsFile: string;
  /** Days a record is kept; forever when undefined. */
  readonly retentionDays?: number | undefined;
  /** Up to which record every sink has everything, by tenant. */
  readonly delivered: () => Promise<ReadonlyMap<string, number>>;
  readonly anchorMs?: number;
}

/** Signs heads, keeps them beside the database, and takes away what is older than the retention. */
export function createAuditUpkeep(deps: AuditUpkeepDeps) {
  const heads = new Map<string, AuditCheckpoint>();
  let lastPrune = Number.NEGATIVE_INFINITY;
  const anchor = async (): Promise<void> => {
    const made = await deps.log.anchor();
    if (made.length === 0 && heads.size > 0) return;
    for (const tenant of heads.size === 0 ? await deps.log.tenants() : []) {
      const newest = (await deps.log.checkpoints(tenant)).findLast(({ kind }) => kind === 'head');
      if (newest !== undefined) heads.set(tenant, newest);
    }
    for (const checkpoint of made) heads.set(checkpoint.tenant, checkpoint);
    const aside = `${deps.headsFile}.${process.pid}`;
    await writeFile(aside, `${JSON.stringify([...heads.values()], null, 2)}\n`, { mode: 0o600 });
    await rename(aside, deps.headsFile);
  };
  const prune = async (): Promise<void> => {
    if (deps.retentionDays === undefined || deps.clock.now() - lastPrune < DAY_MS / 24) return;
    lastPrune = deps.clock.now();
    const olderThan = (days: number): string => new Date(deps.clock.now() - days * DAY_MS).toISOString();
    const before = olderThan(deps.retentionDays);
    // Records wait for a sink that cannot take them, but not for ever: a dead sink must not fill the disk.
    const gone = (await deps.log.prune(before, await deps.delivered())) + (await deps.log.prune(olderThan(deps.retentionDays * 2)));
    if (gone > 0) deps.logger.info({ records: gone, before }, 'audit records older than the retention were taken away');
  };
  let running: Promise<void> | undefined;
  const once = async (): Promise<void> => {
    await anchor();
    await prune();
  };
  /** One at a time; a failure is logged and tried again with the next turn. */
  const turn = (): Promise<void> =>
    (running ??= once()
      .catch((error: unknown) => deps.logger.error({ err: error }, 'the upkeep of the audit chain failed'))
      .finally(() => (running = undefined)));
  return {
    start(signal: AbortSignal): void {
      const timer = setInterval(() => void turn(), deps.anchorMs ?? 60_000);
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    },
    /** Now; also the last thing before the database closes. */
    flush: async (): Promise<void> => {
      await running;
      await turn();
    },
  };
}
