import { type Clock, type Logger, systemClock } from '@slipway/kit';
import { findKind } from '@slipway/model';
import {
  type AuditBookmarks,
  type AuditContext,
  type AuditLog,
  type AuditSigner,
  type ChangeRecorder,
  createAuditBookmarks,
  createAuditContext,
  createAuditLog,
  createChangeRecorder,
  createVault,
  type Database,
  environmentKeys,
  fileKeys,
  hasNoKeys,
  loadAuditSigner,
  type Vault,
} from '@slipway/store';
import { createAuditUpkeep } from './audit/upkeep.ts';
import type { HubHome } from './home.ts';

/** What keeps secrets secret and history true: keys, vault, chain. */
export interface Safekeeping {
  readonly vault: Vault;
  readonly log: AuditLog;
  readonly bookmarks: AuditBookmarks;
  readonly signer: AuditSigner;
  readonly context: AuditContext;
  readonly record: ChangeRecorder;
  readonly upkeep: ReturnType<typeof createAuditUpkeep>;
}

/** Opens the keys and checks them against the database before anything is served: a wrong or missing key ends the start with its name. */
export async function openSafekeeping(deps: {
  database: Database;
  home: HubHome;
  logger: Logger;
  env: Readonly<Record<string, string | undefined>>;
  clock?: Clock;
}): Promise<Safekeeping> {
  const { database, home, logger, env } = deps;
  const clock = deps.clock ?? systemClock;
  const given = env['SLIPWAY_ENCRYPTION_KEYS'] ?? '';
  const keys = given === '' ? await fileKeys(home.encryptionKeys, { create: await hasNoKeys(database) }) : environmentKeys(given);
  const vault = createVault({ database, keys });
  await vault.check();
  const signer = await loadAuditSigner(home.auditKey);
  const log = createAuditLog({ database, signer, clock });
  const bookmarks = createAuditBookmarks(database);
  const context = createAuditContext();
  const days = Number(env['SLIPWAY_AUDIT_RETENTION_DAYS'] ?? '');
  return {
    vault,
    log,
    bookmarks,
    signer,
    context,
    record: createChangeRecorder({ context, clock, findKind }),
    upkeep: createAuditUpkeep({
      log,
      clock,
      logger,
      headsFile: home.auditHeads,
      retentionDays: days > 0 ? days : undefined,
      delivered: () => bookmarks.delivered(),
    }),
  };
}
