import { clusterKind, type ClusterSpec, machinePoolKind, type MachinePoolSpec, type NewObject } from '@slipway/model';
import { type DemoProject, LOST_REGION, PROJECTS, regionGateway } from './catalogue.ts';
import type { Chance } from './chance.ts';
import { VERSIONS } from './profiles.ts';

/** Of a hundred clusters of a project that has the region. */
const REGION_SHARES: Readonly<Record<string, number>> = {
  'eu-central': 24,
  'eu-north': 11,
  'eu-west': 17,
  'us-east': 20,
  'us-west': 12,
  'ap-south': 8,
  'ap-northeast': 8,
  [LOST_REGION]: 1,
};

/** How it is with a cluster when the demo begins, and how often of a thousand. */
const BEGINNINGS = [
  ['well', 908],
  ['trouble', 50],
  ['asking', 8],
  ['updating', 12],
  ['paused', 12],
  ['making', 5],
  ['not-made', 2],
  ['deleting', 3],
] as const;
export type Beginning = (typeof BEGINNINGS)[number][0];

export interface DeclaredCluster {
  readonly cluster: NewObject<ClusterSpec>;
  readonly pools: readonly NewObject<MachinePoolSpec>[];
  readonly uid: string;
  /** When somebody made it, in milliseconds. */
  readonly at: number;
  readonly beginning: Beginning;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** As many clusters as asked for, spread over projects, regions, profiles and versions as those of a company that sells things in stores and makes some of them. */
export function declaredFleet(chance: Chance, count: number, now: number): DeclaredCluster[] {
  const counters = new Map<string, number>();
  return Array.from({ length: count }, () => declared(chance, counters, now));
}

function declared(chance: Chance, counters: Map<string, number>, now: number): DeclaredCluster {
  const project = chance.weighted(PROJECTS.map((one) => [one, one.weight] as const));
  const region = chance.weighted(project.regions.map((one) => [one, REGION_SHARES[one] ?? 1] as const));
  const stage = chance.weighted([
    ['prod', 7],
    ['staging', 2],
    ['dev', 1],
  ] as const);
  const beginning = chance.weighted(BEGINNINGS);
  const name = nameOf(project, { region, stage }, counters);
  const tier = chance.weighted([
    ['canary', 1],
    ['standard', 19],
  ] as const);
  const at =
    beginning === 'making'
      ? now - chance.between(1, 12) * MINUTE_MS
      : now - Math.round(1 + chance.next() ** 1.6 * 640) * DAY_MS - chance.between(0, DAY_MS);
  const spec = clusterKind.spec.parse({
    profile: { name: project.profile, version: versionFor(chance, project.profile, beginning) },
    gateway: regionGateway(region),
    controlPlane: { replicas: project.name !== 'stores' && stage === 'prod' ? 3 : 1, size: size(2, 4) },
    drift: chance.next() < 0.3 ? 'report' : 'heal',
    paused: beginning === 'paused',
  });
  const metadata = { name, namespace: project.name, labels: { region, stage, tier }, finalizers: [...clusterKind.finalizers] };
  return { cluster: { kind: 'Cluster', metadata, spec }, pools: poolsOf(chance, project, name), uid: chance.uid(), at, beginning };
}

function nameOf({ names }: DemoProject, place: { region: string; stage: string }, counters: Map<string, number>): string {
  const pattern = names.replace('{region}', place.region).replace('{stage}', place.stage);
  const number = (counters.get(pattern) ?? 0) + 1;
  counters.set(pattern, number);
  return pattern.replace('{number}', String(number).padStart(pattern.startsWith('store') ? 4 : 2, '0'));
}

/** What asks or is on its way goes to the newest. */
function versionFor(chance: Chance, profile: string, beginning: Beginning): string {
  const known = VERSIONS[profile] ?? [];
  return beginning === 'asking' || beginning === 'updating' ? (known.at(-1)?.[0] ?? '') : chance.weighted(known);
}

const size = (cpu: number, memoryGiB: number) => ({ cpu, memoryMiB: memoryGiB * 1024 });

function poolsOf(chance: Chance, project: DemoProject, cluster: string): NewObject<MachinePoolSpec>[] {
  const large = project.workers > 6;
  const pool = (name: string, replicas: number, each: object): NewObject<MachinePoolSpec> => ({
    kind: 'MachinePool',
    metadata: { name: `${cluster}-${name}`, namespace: project.name, finalizers: [...machinePoolKind.finalizers] },
    spec: machinePoolKind.spec.parse({ cluster, pool: name, replicas, size: each }),
  });
  const workers = pool('workers', chance.between(1, project.workers), large ? size(8, 32) : size(4, 8));
  return large && chance.next() < 0.4 ? [workers, pool('batch', chance.between(1, 4), size(16, 64))] : [workers];
}
