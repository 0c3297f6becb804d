import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Logger, messageOf, SlipwayError } from '@slipway/kit';
import {
  type ApiObject,
  BUILT_IN_LABEL,
  BUILT_IN_ROLES,
  clusterProfileKinds,
  type ClusterProfileSpec,
  DEFAULT_TENANT,
  kinds,
  type NewObject,
  type ObjectStore,
  roleKind,
  SYSTEM_TENANT,
} from '@slipway/model';
import { parse } from 'yaml';

const EMBEDDED: NewObject = { kind: 'Registry', metadata: { name: 'embedded' }, spec: { type: 'embedded' } };

const BUILTIN: readonly NewObject[] = [
  { kind: 'Project', metadata: { name: 'default' }, spec: { displayName: 'Default' } },
  { kind: 'CloudAccount', metadata: { name: 'local' }, spec: { cloud: 'local' } },
  { kind: 'Registry', metadata: { name: 'builtin' }, spec: { type: 'builtin' } },
  EMBEDDED,
];

/** The gateway on this machine is the operators'; every tenant may build with it under the same name. */
const gatewayOf = (tenant: string): NewObject => ({
  kind: 'Gateway',
  metadata: { name: 'local' },
  spec: { clouds: ['local'], ...(tenant === DEFAULT_TENANT ? { shared: true } : { provider: 'installation' }) },
});

interface TenantDeps {
  readonly store: ObjectStore;
  readonly tenant: string;
  readonly logger: Logger;
}

/** What every tenant starts with. Missing objects are made, missing profile versions added; what is there stays as its owner made it. */
export async function ensureBuiltinObjects(deps: TenantDeps & { profilesDir: string }): Promise<void> {
  for (const object of [...BUILTIN, gatewayOf(deps.tenant)]) await createMissing(deps, object);
  await ensureBuiltinRoles(deps);
  const files = await readdir(deps.profilesDir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  for (const file of files.filter((name) => name.endsWith('.yaml')).toSorted()) {
    try {
      await ensureProfile(deps, parse(await readFile(join(deps.profilesDir, file), 'utf8')) as NewObject);
    } catch (error) {
      deps.logger.error({ err: error, file }, `a built-in profile could not be taken over: ${messageOf(error)}`);
    }
  }
}

/** The hub's own registry, for tenants that were made before there was one. */
export const ensureEmbeddedRegistry = (deps: TenantDeps): Promise<void> => createMissing(deps, EMBEDDED);

/** Objects that show the built-in roles, so that whoever binds one can list and read it. Brought up to date when a newer Slipway has other rules. */
export async function ensureBuiltinRoles(deps: TenantDeps): Promise<void> {
  const { store, tenant } = deps;
  for (const { name, level, description, rules } of BUILT_IN_ROLES) {
    if (level === 'system' && tenant !== SYSTEM_TENANT) continue;
    const spec = roleKind.spec.parse({ level, description, rules });
    const stored = await store.get({ tenant, kind: 'Role', name });
    const labels = { ...stored?.metadata.labels, [BUILT_IN_LABEL]: 'true' };
    if (stored === undefined) await createMissing(deps, { kind: 'Role', metadata: { name, labels }, spec });
    else if (canonicalJson(stored.spec) !== canonicalJson(spec) || stored.metadata.labels?.[BUILT_IN_LABEL] !== 'true')
      await store.update({ ...stored, metadata: { ...stored.metadata, labels }, spec }, { tenant });
  }
}

/** Through the kind's schema, so that defaults are there as if a user had written it. */
async function createMissing({ store, tenant }: TenantDeps, object: NewObject): Promise<void> {
  const kind = kinds.find((candidate) => candidate.kind === object.kind);
  const spec = kind?.spec.parse(object.spec) ?? object.spec;
  const finalizers = [...(kind?.finalizers ?? [])];
  await store.create({ ...object, metadata: { ...object.metadata, finalizers }, spec }, { tenant }).catch((error: unknown) => {
    if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
  });
}

async function ensureProfile(deps: TenantDeps, object: NewObject): Promise<void> {
  const spec = clusterProfileKinds.at('tenant').spec.parse(object.spec);
  const name = object.metadata.name ?? '';
  const stored = (await deps.store.get({ tenant: deps.tenant, kind: 'ClusterProfile', name })) as ApiObject<ClusterProfileSpec> | undefined;
  if (stored === undefined) return createMissing(deps, object);
  const known = new Map(stored.spec.versions.map((version) => [version.version, version]));
  for (const version of spec.versions) {
    const existing = known.get(version.version);
    if (existing !== undefined && canonicalJson(existing) !== canonicalJson(version)) {
      deps.logger.warn(
        { profile: name, version: version.version },
        'this version of a built-in profile is not the one that came with this Slipway; it stays as it is',
      );
    }
  }
  const added = spec.versions.filter((version) => !known.has(version.version));
  if (added.length === 0) return;
  await deps.store.update({ ...stored, spec: { ...stored.spec, versions: [...stored.spec.versions, ...added] } }, { tenant: deps.tenant });
  deps.logger.info({ profile: name, versions: added.map((version) => version.version) }, 'new versions of a built-in profile were added');
}
