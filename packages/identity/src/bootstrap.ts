import { type Logger, SlipwayError } from '@slipway/kit';
import { DEFAULT_TENANT, kinds, type NewObject, type ObjectStore, SYSTEM_TENANT } from '@slipway/model';
import type { Database } from '@slipway/store';
import { sql } from 'kysely';

export const FIRST_ADMIN = 'admin';

/** Through the kind's schema, so that defaults are there as if a user had written it; one that is there stays as it is. */
export async function createMissing(store: ObjectStore, tenant: string, object: NewObject): Promise<void> {
  const spec = kinds.find((kind) => kind.kind === object.kind)?.spec.parse(object.spec) ?? object.spec;
  await store.create({ ...object, spec }, { tenant }).catch((error: unknown) => {
    if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
  });
}

/** The tenants that are always there. */
export async function ensureSystemObjects(store: ObjectStore): Promise<void> {
  for (const [name, displayName] of [
    [SYSTEM_TENANT, 'Operators of this Slipway'],
    [DEFAULT_TENANT, 'Default'],
  ] as const) {
    await createMissing(store, SYSTEM_TENANT, { kind: 'Tenant', metadata: { name }, spec: { displayName } });
  }
}

/** Everything everywhere for a user of the default tenant; a binding that somebody narrowed is put right. */
export async function grantSystemAdmin(store: ObjectStore, user: string): Promise<void> {
  const name = `system-admin-${user}`;
  const spec = { role: 'system-admin', subjects: [{ kind: 'User', name: user, tenant: DEFAULT_TENANT }] };
  await createMissing(store, SYSTEM_TENANT, { kind: 'RoleBinding', metadata: { name }, spec });
  const binding = await store.get({ tenant: SYSTEM_TENANT, kind: 'RoleBinding', name });
  if (binding !== undefined) await store.update({ ...binding, spec }, { tenant: SYSTEM_TENANT });
}

interface OldUser {
  readonly tenant: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly disabled: boolean;
}

/** Before users were objects they were rows, and admins were those in the group `admins`. Runs again harmlessly when it was broken off. */
export async function adoptUsers({ store, database, logger }: { store: ObjectStore; database: Database; logger: Logger }): Promise<void> {
  const { rows } = await sql<OldUser>`select tenant, name, groups, disabled_at is not null as disabled from users`.execute(database.db);
  for (const { tenant, name, groups, disabled } of rows) {
    await createMissing(store, tenant, { kind: 'User', metadata: { name }, spec: { disabled } });
    if (tenant === DEFAULT_TENANT && groups.includes('admins')) await grantSystemAdmin(store, name);
    await sql`delete from users where tenant = ${tenant} and name = ${name}`.execute(database.db);
    logger.info({ tenant, user: name }, 'a user of an earlier version was taken over');
  }
}

/** Whether a user of an earlier version is still to be taken over. */
export async function waitingUser(database: Database, name: string): Promise<boolean> {
  const { rows } = await sql`select 1 from users where tenant = ${DEFAULT_TENANT} and name = ${name}`.execute(database.db);
  return rows.length > 0;
}
