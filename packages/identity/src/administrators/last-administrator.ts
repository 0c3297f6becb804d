import { seconds, SlipwayError, withDeadline } from '@slipway/kit';
import { type ApiObject, deepEqual, SYSTEM_TENANT, type TenantSpec } from '@slipway/model';
import { type AskedChange, objectOf, type ObjectRow, type WriteRule } from '@slipway/store';
import { type Kysely, sql } from 'kysely';
import { type AdminObjects, type AdminScope, candidatesOf, canSignIn, isAdministrator, type User } from './administrators.ts';

/** For the turn of a change and for looking. */
const LOOK_MS = seconds(20);

/** Kinds that decide who is an administrator. */
const DECIDING = new Set(['Tenant', 'User', 'Team', 'Role', 'RoleBinding', 'IdentityProvider']);

interface World {
  readonly objects: (tenant: string) => Promise<AdminObjects>;
  readonly users: (tenant: string, names: readonly string[], groups: readonly string[]) => Promise<User[]>;
  readonly tenant: (name: string) => Promise<ApiObject<TenantSpec> | undefined>;
}

/**
 * Nobody takes the last administrator away: not of the tenant that a change is made in, nor of the system, by whatever object. Looked at in the transaction of the change, behind a lock, so
 * that of two who take away each other one is refused. What has no administrator has none to lose; the deletion of a tenant with all that is in it is not held up.
 */
export const lastAdministrator: WriteRule = {
  check(change) {
    if (!couldTakeAway(change)) return undefined;
    return (db) => withDeadline(LOOK_MS, 'who the administrators are', refuseTheLast(db, change));
  },
};

function couldTakeAway({ before, after }: AskedChange): boolean {
  if (!DECIDING.has(before.kind)) return false;
  if (after === undefined || (after.deletion_timestamp !== null && before.deletion_timestamp === null)) return true;
  return !deepEqual(before.spec, after.spec);
}

async function refuseTheLast(db: Kysely<unknown>, change: AskedChange): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('slipway-administrators', 0))`.execute(db);
  const { kind, tenant } = change.before;
  // With a tenant that goes its own administrators go too; what of the system hangs on them does not.
  const scopes: [AdminScope, string][] = [
    ['system', SYSTEM_TENANT],
    ...(kind === 'Tenant' || tenant === SYSTEM_TENANT ? [] : [['tenant', tenant] as [AdminScope, string]]),
  ];
  for (const [scope, where] of scopes) {
    if (await hasAdministrator(scope, where, worldOf(db, change))) continue;
    if (!(await hasAdministrator(scope, where, worldOf(db)))) continue;
    const whose = scope === 'system' ? 'this Slipway' : `tenant "${where}"`;
    throw new SlipwayError(
      'Forbidden',
      `${kind} "${change.before.name}" cannot be changed so: ${whose} would have no administrator who can sign in.`,
      {
        hint: `Give somebody else the role ${scope}-admin first (a RoleBinding${scope === 'system' ? ' of the tenant system' : ''}), then do this again.`,
        retryable: false,
      },
    );
  }
}

async function hasAdministrator(scope: AdminScope, where: string, world: World): Promise<boolean> {
  const objects = await world.objects(where);
  if (await anybody(scope, objects, world)) return true;
  // Who may do everything everywhere may do everything here: somebody of this tenant who does so is an administrator of it.
  if (scope === 'system') return false;
  return anybody('system', await world.objects(SYSTEM_TENANT), world, where);
}

/** Whether somebody (of one tenant) whom these objects make an administrator can sign in. */
async function anybody(scope: AdminScope, objects: AdminObjects, world: World, only?: string): Promise<boolean> {
  for (const { tenant, names, groups } of candidatesOf(scope, objects)) {
    if (only !== undefined && tenant !== only) continue;
    const users = await world.users(tenant, names, groups);
    if (users.length === 0) continue;
    const [home, { providers }] = [await world.tenant(tenant), await world.objects(tenant)];
    if (users.some((user) => isAdministrator(scope, objects, user, tenant) && canSignIn(user, home, providers))) return true;
  }
  return false;
}

/** What the database holds in this transaction; with a change, as it would be after it. */
function worldOf(db: Kysely<unknown>, change?: AskedChange): World {
  const loaded = new Map<string, Promise<AdminObjects>>();
  const read = async (tenant: string, kinds: readonly string[], which = sql`true`): Promise<ApiObject<any, any>[]> => {
    const { rows } =
      await sql<ObjectRow>`select * from objects where tenant = ${tenant} and kind in (${sql.join(kinds)}) and ${which}`.execute(db);
    return rows
      .flatMap((row) => (change !== undefined && row.uid === change.before.uid ? (change.after ?? []) : row))
      .map((row) => objectOf(row));
  };
  const load = async (tenant: string): Promise<AdminObjects> => {
    const all = await read(tenant, ['Role', 'RoleBinding', 'Team', 'IdentityProvider']);
    const of = (kind: string) => all.filter((object) => object.kind === kind);
    return { tenant, roles: of('Role'), bindings: of('RoleBinding'), teams: of('Team'), providers: of('IdentityProvider') };
  };
  return {
    objects(tenant) {
      const known = loaded.get(tenant) ?? load(tenant);
      loaded.set(tenant, known);
      return known;
    },
    async users(tenant, names, groups) {
      if (names.length === 0 && groups.length === 0) return [];
      const named = names.length === 0 ? sql`false` : sql`name in (${sql.join(names)})`;
      const inGroups =
        groups.length === 0
          ? sql`false`
          : sql`exists (select 1 from jsonb_array_elements_text(coalesce(status -> 'signIn' -> 'groups', '[]'::jsonb)) as g(value) where g.value in (${sql.join(groups)}))`;
      return read(tenant, ['User'], sql`(${named} or ${inGroups})`);
    },
    tenant: async (name) => (await read(SYSTEM_TENANT, ['Tenant'], sql`name = ${name}`))[0],
  };
}
