import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditBody, AuditUser } from '@slipway/model';

/** Who is behind what happens now: set around a request, read where its changes are stored. */
export interface AuditActor {
  readonly user: AuditUser;
  readonly source?: AuditBody['source'];
  readonly request?: AuditBody['request'];
  /** Counts what was recorded for it, so that a request that changed something elsewhere is noticed. */
  recorded: number;
}

export interface AuditContext {
  run<T>(actor: AuditActor, work: () => T): T;
  current(): AuditActor | undefined;
}

/** Slipway itself: controllers and everything that no request is behind. */
export const SYSTEM_USER: AuditUser = { kind: 'system', name: 'slipway' };

export function createAuditContext(): AuditContext {
  const storage = new AsyncLocalStorage<AuditActor>();
  return { run: (actor, work) => storage.run(actor, work), current: () => storage.getStore() };
}
