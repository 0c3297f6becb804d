import {
  type ApiObject,
  builtInRole,
  type Grant,
  type Level,
  type ObjectStore,
  type ProjectRoleBindingSpec,
  type RoleBindingSpec,
  type RoleSpec,
  type Rule,
  type Subject,
  subjectText,
  SYSTEM_TENANT,
  type TeamSpec,
} from '@slipway/model';
import type { Database } from '@slipway/store';
import { seconds, withDeadline } from '@slipway/kit';
import { sql } from 'kysely';

/** Somebody bindings may name. */
export interface SubjectRef {
  readonly kind: Subject['kind'];
  readonly tenant: string;
  readonly name: string;
  /** Of a service account. */
  readonly project?: string | undefined;
}

export interface RoleInfo {
  readonly name: string;
  readonly level: Level;
  readonly rules: readonly Rule[];
}

/** One binding with what it means; `project` is set for those that live in one. */
export interface BindingInfo {
  readonly name: string;
  readonly project?: string | undefined;
  readonly spec: RoleBindingSpec | ProjectRoleBindingSpec;
}

/** What one tenant says about rights, at one moment. */
export interface TenantAccess {
  readonly tenant: string;
  readonly roles: ReadonlyMap<string, RoleInfo>;
  readonly bindings: readonly BindingInfo[];
  /** Teams that name each user as a member. */
  readonly teams: ReadonlyMap<string, readonly string[]>;
}

/**
 * What authentication and authorisation read on every request, in memory: loaded on first use and thrown away as soon as this process writes something it depends
 * on, or within `pollMs` when another replica does.
 */
export interface Directory {
  access(tenant: string): Promise<TenantAccess>;
  /** An object of an identity kind, cached until it changes. */
  find(kind: string, tenant: string, name: string, project?: string): Promise<ApiObject<any, any> | undefined>;
  /** Forgets a tenant's answers; called for every write of an identity kind. */
  changed(kind: string, tenant: string): void;
  /** Calls back when anything that decides about access may have changed, with the tenant (the system tenant means all) and, when it is known, the kind. */
  onChange(callback: (tenant: string, kind: string | undefined) => void): () => void;
  /** Learns of other replicas' writes until the signal aborts. */
  start(signal: AbortSignal): void;
}

/** Kinds whose objects decide who may do what. */
export const IDENTITY_KINDS: ReadonlySet<string> = new Set([
  'Tenant',
  'Project',
  'User',
  'Team',
  'Role',
  'RoleBinding',
  'ProjectRoleBinding',
  'ServiceAccount',
  'ApiKey',
  'IdentityProvider',
]);

export interface DirectoryOptions {
  readonly store: ObjectStore;
  readonly database: Database;
  /** How often the change log is asked for other replicas' writes. Default 1 s. */
  readonly pollMs?: number;
}

const MOST_TENANTS = 2000;
/** A load that has not answered by then is given up, so that the next request asks anew instead of waiting for it too. */
const LOAD_MS = seconds(20);
/** Who has heard nothing of other replicas for so long believes nothing any more. */
const POLL_MS = seconds(10);

export function createDirectory(options: DirectoryOptions): Directory {
  const { store, database } = options;
  const loaded = new Map<string, { access?: Promise<TenantAccess>; objects: Map<string, Promise<ApiObject | undefined>> }>();
  const callbacks = new Set<(tenant: string, kind: string | undefined) => void>();
  const entryOf = (tenant: string) => {
    const known = loaded.get(tenant);
    if (known !== undefined) return known;
    if (loaded.size >= MOST_TENANTS) loaded.clear();
    const made: { access?: Promise<TenantAccess>; objects: Map<string, Promise<ApiObject | undefined>> } = { objects: new Map() };
    loaded.set(tenant, made);
    return made;
  };
  const inTime = <T>(what: string, load: Promise<T>): Promise<T> => withDeadline(LOAD_MS, what, load);
  /** A failed load is not kept. */
  const keeping = <T>(promise: Promise<T>, forget: () => void): Promise<T> => {
    promise.catch(forget);
    return promise;
  };
  const forget = (tenant: string, kind?: string) => {
    loaded.delete(tenant);
    for (const callback of callbacks) callback(tenant, kind);
  };
  // A write of a Tenant concerns the tenant it names, which its row does not say here: rare enough to forget all.
  const changed = (kind: string, tenant: string): void => {
    if (!IDENTITY_KINDS.has(kind)) return;
    if (kind === 'Tenant') loaded.clear();
    forget(tenant, kind);
  };

  let seen: number | undefined;
  const poll = async (): Promise<void> => {
    const { rows } = await sql<{ value: string | number; compacted: string | number; tenant: string | null; kind: string | null }>`
      select r.value, r.compacted, c.tenant, c.kind from revision r
      left join lateral (select distinct tenant, kind from changes where rv > ${seen ?? Number.MAX_SAFE_INTEGER}::bigint and kind in (${sql.join([...IDENTITY_KINDS])})) c on true
      where r.id = 1`.execute(database.db);
    const before = seen;
    seen = Number(rows[0]?.value ?? 0);
    // What was loaded before the first look may have changed before it.
    if (before === undefined || Number(rows[0]?.compacted ?? 0) > before) {
      loaded.clear();
      forget(SYSTEM_TENANT);
    }
    for (const { tenant, kind } of rows) if (tenant !== null && kind !== null) changed(kind, tenant);
  };

  return {
    access(tenant) {
      const entry = entryOf(tenant);
      return (entry.access ??= keeping(inTime('what roles and bindings say', loadAccess(store, tenant)), () => delete entry.access));
    },
    find(kind, tenant, name, project) {
      const { objects } = entryOf(tenant);
      const key = JSON.stringify([kind, project ?? '', name]);
      let found = objects.get(key);
      if (found === undefined) {
        found = keeping(inTime(`whether there is this ${kind}`, store.get({ tenant, kind, name, project })), () => objects.delete(key));
        // What is not there is not kept: anybody can ask for any number of names.
        found.then(
          (object) => object === undefined && objects.delete(key),
          () => undefined,
        );
        if (objects.size < 10_000) objects.set(key, found);
      }
      return found;
    },
    changed,
    onChange(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
    start(signal) {
      let running = false;
      const timer = setInterval(() => {
        if (running) return;
        running = true;
        withDeadline(POLL_MS, 'what other replicas wrote', poll())
          // Not knowing what changed, nothing that was loaded is believed.
          .catch(() => loaded.clear())
          .finally(() => (running = false));
      }, options.pollMs ?? 1000);
      timer.unref();
      signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    },
  };
}

async function loadAccess(store: ObjectStore, tenant: string): Promise<TenantAccess> {
  const list = async <Spec>(kind: string) => (await store.list({ tenant, kind })).items as ApiObject<Spec>[];
  const roles = await list<RoleSpec>('Role');
  const teams = await list<TeamSpec>('Team');
  const bindings = [...(await list<RoleBindingSpec>('RoleBinding')), ...(await list<ProjectRoleBindingSpec>('ProjectRoleBinding'))];
  return accessOf(tenant, { roles, teams, bindings });
}

/** What these objects of a tenant say about rights. */
export function accessOf(
  tenant: string,
  objects: {
    roles: readonly ApiObject<RoleSpec>[];
    teams: readonly ApiObject<TeamSpec>[];
    bindings: readonly ApiObject<RoleBindingSpec | ProjectRoleBindingSpec>[];
  },
): TenantAccess {
  const { teams, bindings } = objects;
  // Objects of the built-in ones only show them: what they allow is in the code.
  const roles = objects.roles.filter(({ metadata }) => builtInRole(metadata.name) === undefined);
  const teamsOf = new Map<string, string[]>();
  for (const team of teams) {
    for (const member of team.spec.members) teamsOf.set(member, [...(teamsOf.get(member) ?? []), team.metadata.name]);
  }
  return {
    tenant,
    roles: new Map(roles.map(({ metadata, spec }) => [metadata.name, { name: metadata.name, level: spec.level, rules: spec.rules }])),
    bindings: bindings.map(({ metadata, spec }) => ({ name: metadata.name, project: metadata.namespace, spec })),
    teams: teamsOf,
  };
}

/** A built-in role first: no object can take its name. */
export const roleOf = (access: TenantAccess, name: string): RoleInfo | undefined => builtInRole(name) ?? access.roles.get(name);

/** What a binding gives, whoever its subjects are; undefined when its role is gone or does not fit any more. */
export function grantOf(access: TenantAccess, binding: BindingInfo, subject: string): Grant | undefined {
  const role = roleOf(access, binding.spec.role);
  if (role === undefined) return undefined;
  const { level } = role;
  // System roles are given by the system's own bindings only; a role whose level was widened after it was bound gives nothing.
  if (level === 'system' && access.tenant !== SYSTEM_TENANT) return undefined;
  if ((level === 'system' || level === 'tenant') && (binding.project !== undefined || limits(binding).projects !== undefined))
    return undefined;
  const { projects, selector } = limits(binding);
  if (level === 'resource' && selector === undefined) return undefined;
  return {
    level,
    rules: role.rules,
    ...(projects === undefined ? {} : { projects }),
    ...(level === 'resource' ? { selector } : {}),
    source: { role: role.name, binding: binding.name, subject },
  };
}

function limits({ project, spec }: BindingInfo): { projects?: readonly string[] | undefined; selector?: string | undefined } {
  return { projects: project === undefined ? (spec as RoleBindingSpec).projects : [project], selector: spec.selector };
}

/** The grants of a subject, who is in these teams of the tenant, in its bindings. */
export function grantsOf(access: TenantAccess, subject: SubjectRef, teams: readonly string[]): Grant[] {
  return access.bindings.flatMap((binding) => {
    const named = binding.spec.subjects.find((one) => isSubject(access.tenant, one, subject, teams));
    const grant = named === undefined ? undefined : grantOf(access, binding, subjectText(named));
    return grant === undefined ? [] : [grant];
  });
}

function isSubject(tenant: string, named: Subject, subject: SubjectRef, teams: readonly string[]): boolean {
  // Only the system's bindings may name somebody of another tenant.
  const home = tenant === SYSTEM_TENANT ? (named.tenant ?? SYSTEM_TENANT) : tenant;
  if (home !== subject.tenant) return false;
  if (named.kind === 'Team') return subject.kind === 'Team' ? named.name === subject.name : teams.includes(named.name);
  return named.kind === subject.kind && named.name === subject.name && named.project === subject.project;
}
