import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  clusterProfileKinds,
  gatewayKind,
  type NewObject,
  projectKind,
  roleBindingKind,
  rolloutKind,
  teamKind,
  userKind,
} from '@slipway/model';
import { type Database, type FilledObject, asStored, fillDatabase } from '@slipway/store';
import { parse } from 'yaml';
import { LOST_REGION, PEOPLE, PROJECTS, regionGateway, REGIONS, TEAMS } from './catalogue.ts';
import { type Chance, createChance } from './chance.ts';
import { declaredFleet } from './fleet.ts';
import { demoProfiles } from './profiles.ts';
import { createResolve, remembering } from './resolver.ts';
import { lostSince, seedCluster } from './seed-cluster.ts';
import type { Situation } from './situation.ts';

export interface SeedOptions {
  readonly clusters: number;
  readonly seed: number;
  readonly packsDir: string;
  readonly now: number;
  readonly onProgress?: (text: string) => void;
}

export interface Seeded {
  /** By uid; those that are well are left out. */
  readonly situations: Map<string, Situation>;
  readonly objects: number;
}

const DAY_MS = 86_400_000;

/** Fills an empty database with a made-up company's fleet: the same one for the same seed and time. */
export async function seedDatabase(database: Database, options: SeedOptions): Promise<Seeded> {
  const { now, onProgress = () => undefined } = options;
  const chance = createChance(options.seed);
  const frame = frameOf(chance, now);
  const profiles = [...(await builtInProfiles(options.packsDir)), ...frame.filter(({ object }) => object.kind === 'ClusterProfile')];
  const stored = new Map(profiles.map((filled) => [filled.object.metadata.name, frozen(asStored(filled))]));
  const resolve = remembering(createResolve(async (kind, name) => (kind === 'ClusterProfile' ? stored.get(name) : undefined)));
  const objects: FilledObject[] = [...frame];
  const situations = new Map<string, Situation>();
  for (const declared of declaredFleet(chance, options.clusters, now)) {
    const seeded = await seedCluster({ chance, resolve, now }, declared);
    objects.push(...seeded.objects);
    if (seeded.situation.is !== 'well') situations.set(declared.uid, seeded.situation);
  }
  tellGateways(objects);
  onProgress(`${objects.length} objects of ${options.clusters} clusters made up`);
  let told = 0;
  await fillDatabase(database, objects, {
    onProgress: (done) => {
      if (done - told < objects.length / 5 && done < objects.length) return;
      told = done;
      onProgress(`${done} of ${objects.length} stored`);
    },
  });
  return { situations, objects: objects.length };
}

/** What is there besides clusters. */
function frameOf(chance: Chance, now: number): FilledObject[] {
  const filled = (object: NewObject, days = 500): FilledObject => ({ object, uid: chance.uid(), at: now - days * DAY_MS });
  const named = (kind: string, name: string, spec: unknown, status?: unknown): NewObject => ({
    kind,
    metadata: { name },
    spec,
    ...(status === undefined ? {} : { status }),
  });
  return [
    ...PROJECTS.map(({ name, displayName }) =>
      filled(named('Project', name, projectKind.spec.parse({ displayName }), { clusters: 0 }), 700),
    ),
    ...REGIONS.map((region) =>
      filled(named('Gateway', regionGateway(region), gatewayKind.spec.parse({}), gatewayStatus(region, now)), 690),
    ),
    ...demoProfiles.map(([name, spec]) => filled(named('ClusterProfile', name, spec), 680)),
    ...PEOPLE.map(([name, displayName]) =>
      filled(named('User', name, userKind.spec.parse({ displayName, email: `${name}@example.com` })), 650),
    ),
    ...TEAMS.map(([name, displayName, members]) => filled(named('Team', name, teamKind.spec.parse({ displayName, members })), 640)),
    filled(
      named('RoleBinding', 'fleet-team', roleBindingKind.spec.parse({ role: 'tenant-admin', subjects: [{ kind: 'Team', name: 'fleet' }] })),
      630,
    ),
    ...(['retail', 'plants-on-call', 'payments'] as const).map((team) =>
      filled(named('RoleBinding', `${team}-team`, teamBinding(team)), 620),
    ),
    filled(named('Rollout', 'plant-1-2', rolloutKind.spec.parse(PLANT_ROLLOUT)), 2),
    filled(named('Rollout', 'store-1-2', rolloutKind.spec.parse(STORE_ROLLOUT)), 1),
  ];
}

const PROJECTS_OF = { retail: ['stores', 'shop'], 'plants-on-call': ['plants', 'logistics'], payments: ['payments'] };
const teamBinding = (team: keyof typeof PROJECTS_OF): unknown =>
  roleBindingKind.spec.parse({ role: 'project-admin', subjects: [{ kind: 'Team', name: team }], projects: PROJECTS_OF[team] });

const WAVES = [
  { name: 'canary', labels: 'tier=canary', automatic: true },
  { name: 'half', percent: 50, automatic: false },
  { name: 'rest', percent: 100, automatic: false },
];
const PLANT_ROLLOUT = {
  target: { name: 'plant', version: '1.2.0' },
  selector: { projects: ['plants', 'logistics'] },
  waves: WAVES,
  maxConcurrent: 3,
  maxFailures: 20,
};
const STORE_ROLLOUT = {
  target: { name: 'store', version: '1.2.0' },
  selector: { projects: ['stores'] },
  waves: WAVES,
  maxConcurrent: 5,
  aborted: true,
};

/** How many clusters each has, as its controller would count them. */
function tellGateways(objects: readonly FilledObject[]): void {
  const counts = new Map<string, number>();
  for (const { object } of objects) {
    if (object.kind !== 'Cluster') continue;
    const { gateway } = object.spec as { gateway: string };
    counts.set(gateway, (counts.get(gateway) ?? 0) + 1);
  }
  for (const { object } of objects)
    if (object.kind === 'Gateway') Object.assign(object.status as object, { clusters: counts.get(object.metadata.name ?? '') ?? 0 });
}

function gatewayStatus(region: string, now: number): unknown {
  const lost = region === LOST_REGION ? lostSince(now) : undefined;
  return gatewayKind.status.parse({
    connected: lost === undefined,
    version: '0.1.0',
    ...(lost?.lastSeen === undefined ? {} : { lastSeen: lost.lastSeen }),
  });
}

/** As they are before the hub has laid them into its database itself. */
async function builtInProfiles(packsDir: string): Promise<FilledObject[]> {
  const folder = join(packsDir, 'profiles');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'));
  return Promise.all(
    files.map(async (file) => {
      const object = parse(await readFile(join(folder, file), 'utf8')) as NewObject;
      return { object: { ...object, spec: clusterProfileKinds.at('tenant').spec.parse(object.spec) }, uid: `builtin-${file}`, at: 0 };
    }),
  );
}

/** What is frozen through and through is resolved once. */
function frozen<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const item of Object.values(value)) frozen(item);
  return value;
}
