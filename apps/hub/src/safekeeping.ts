import { stat } from 'node:fs/promises';
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
  type KeyProvider,
  kmsKeys,
  loadAuditSigner,
  type Vault,
  withOlderKeys,
} from '@slipway/store';
import { createAuditUpkeep } from './audit/upkeep.ts';
import type { HubHome } from './home.ts';

/** What keeps secrets secret and history true: keys, vault, chain. */
export interface Safekeeping {
  readonly vault: Vault;
  readonly close: () => void;
  readonly log: AuditLog;
  readonly bookmarks: AuditBookmarks;
  readonly signer: AuditSigner;
  readonly context: AuditContext;
  readonly record: ChangeRecorder;
  readonly upkeep: ReturnType<typeof createAuditUpkeep>;
}

interface Opened {
  readonly database: Database;
  readonly home: HubHome;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A key management service if there is one, with the keys of before for reading; else keys of the environment; else a file of the hub. */
async function openKeys({ database, home, env }: Opened): Promise<KeyProvider & { close?: () => void }> {
  const endpoint = env['SLIPWAY_KMS_ENDPOINT'] ?? '';
  const given = env['SLIPWAY_ENCRYPTION_KEYS'] ?? '';
  const local = async (create: boolean) => (given === '' ? fileKeys(home.encryptionKeys, { create }) : environmentKeys(given));
  if (endpoint === '') return local(await hasNoKeys(database));
  const keys = await kmsKeys(endpoint);
  const before = given !== '' || (await stat(home.encryptionKeys).catch(() => undefined)) !== undefined;
  return before ? withOlderKeys(keys, await local(false)) : keys;
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
  const keys = await openKeys(deps);
  const vault = createVault({ database, keys });
  await vault.check().catch((error: unknown) => {
    keys.close?.();
    throw error;
  });
  const signer = await loadAuditSigner(home.auditKey);
  const log = createAuditLog({ database, signer, clock });
  const bookmarks = createAuditBookmarks(database);
  const context = createAuditContext();
  const days = Number(env['SLIPWAY_AUDIT_RETENTION_DAYS'] ?? '');
  return {
    vault,
    close: () => keys.close?.(),
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
