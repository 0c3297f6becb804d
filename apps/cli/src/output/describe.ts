import {
  type ApiObject,
  type Condition,
  eventKind,
  type KeptFact,
  type Kind,
  type LayerFact,
  machineKind,
  machinePoolKind,
  objectWords,
} from '@slipway/model';
import type { Hub } from '../hub/hub.ts';
import type { Cluster, Event } from '../hub/objects.ts';
import { colourStates, toYaml } from './format.ts';
import type { Io } from './io.ts';
import { age, objectTable, renderTable } from './table.ts';

export interface DescribeInput {
  readonly hub: Hub;
  readonly kind: Kind;
  readonly name: string;
  readonly project: string;
  readonly now: number;
  readonly paint: Io;
}

const indent = (text: string): string => text.trimEnd().replaceAll(/^/gm, '  ');
const section = (title: string, body: string): string => `${title}:\n${indent(body)}`;

function head(object: ApiObject, kind: Kind, now: number): string {
  const { metadata } = object;
  const rows: [string, string | undefined][] = [
    ['Name', metadata.name],
    ['Kind', kind.kind],
    ['Project', kind.scope === 'project' ? metadata.namespace : undefined],
    ['Created', `${metadata.creationTimestamp} (${age(metadata.creationTimestamp, now)} ago)`],
    ['Deleting since', metadata.deletionTimestamp ?? undefined],
    [
      'Labels',
      Object.entries(metadata.labels ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(', ') || undefined,
    ],
    ['Generation', String(metadata.generation)],
    ['UID', metadata.uid],
  ];
  return rows
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${`${key}:`.padEnd(16)}${value}`)
    .join('\n');
}

function conditionsTable(conditions: readonly Condition[], now: number): string {
  return renderTable(
    ['TYPE', 'STATUS', 'AGE', 'REASON', 'MESSAGE'],
    conditions.map((one) => [one.type, one.status, age(one.lastTransitionTime, now), one.reason, one.message]),
  );
}

function layersTable(layers: readonly Omit<LayerFact, 'objects'>[], now: number): string {
  return renderTable(
    ['LAYER', 'STATE', 'VERSION', 'SINCE', 'MESSAGE'],
    layers.map((layer) => [layer.name, layer.state, layer.version ?? '-', age(layer.since, now), layer.message.split('\n')[0] ?? '']),
  );
}

/** What removed layers left in the cluster: everything else of theirs is gone. */
export function keptTable(kept: readonly KeptFact[]): string {
  const rows = kept.flatMap((fact) => [
    ...fact.kept.map(({ object, reason }) => [fact.layer, objectWords(object), reason]),
    ...(fact.more === undefined ? [] : [[fact.layer, `${fact.more} more`, '']]),
  ]);
  return renderTable(['LAYER', 'OBJECT', 'STAYS BECAUSE IT'], rows);
}

function clusterSections(cluster: Cluster, now: number): string[] {
  const { status } = cluster;
  if (!status) return [];
  const sections = [section('State', `${status.phase}${status.message ? `: ${status.message}` : ''}`)];
  if (status.layers.length > 0) sections.push(section('Layers', layersTable(status.layers, now)));
  const steps = status.timeline.map((step) => [
    step.step,
    step.finishedAt ? `${((Date.parse(step.finishedAt) - Date.parse(step.startedAt)) / 1000).toFixed(1)}s` : age(step.startedAt, now),
    step.finishedAt ? 'done' : step.waitingFor,
  ]);
  if (steps.length > 0) sections.push(section('Timeline', renderTable(['STEP', 'TOOK', 'NOW'], steps)));
  if (status.drift.length > 0) sections.push(section('Drift', toYaml(status.drift)));
  // A status that an older hub wrote has none.
  const kept = (status as Partial<typeof status>).kept ?? [];
  if (kept.length > 0) sections.push(section('Left behind', keptTable(kept)));
  return sections;
}

async function belongings(input: DescribeInput): Promise<string[]> {
  if (input.kind.kind !== 'Cluster') return [];
  const query = { project: input.project, fieldSelector: `spec.cluster=${input.name}` };
  const sections: string[] = [];
  for (const [title, kind] of [
    ['Pools', machinePoolKind],
    ['Machines', machineKind],
  ] as const) {
    const { items } = await input.hub.list(kind, query);
    if (items.length === 0) continue;
    const { header, rows } = objectTable(kind, items, { wide: false, withProject: false, now: input.now });
    sections.push(section(title, renderTable(header, rows)));
  }
  return sections;
}

async function eventSection(input: DescribeInput): Promise<string> {
  if (input.kind.scope !== 'project') return '';
  const { items } = await input.hub.list(eventKind, {
    project: input.project,
    fieldSelector: `spec.regarding.kind=${input.kind.kind},spec.regarding.name=${input.name}`,
  });
  const events = (items as Event[]).toSorted((a, b) => a.spec.lastTimestamp.localeCompare(b.spec.lastTimestamp)).slice(-15);
  if (events.length === 0) return '';
  const rows = events.map(({ spec }) => [
    age(spec.lastTimestamp, input.now),
    spec.type,
    spec.reason,
    spec.count > 1 ? `${spec.message} (×${spec.count})` : spec.message,
  ]);
  return section('Events', renderTable(['AGE', 'TYPE', 'REASON', 'MESSAGE'], rows));
}

export async function describeObject(input: DescribeInput): Promise<string> {
  const object = await input.hub.get(input.kind, input.name, input.project);
  const status: unknown = object.status;
  const conditions =
    typeof status === 'object' && status !== null ? (Reflect.get(status, 'conditions') as Condition[] | undefined) : undefined;
  const parts = [
    head(object, input.kind, input.now),
    section('Spec', toYaml(object.spec)),
    ...(input.kind.kind === 'Cluster' ? clusterSections(object as Cluster, input.now) : []),
    ...(conditions && conditions.length > 0 ? [section('Conditions', conditionsTable(conditions, input.now))] : []),
    ...(await belongings(input)),
    await eventSection(input),
  ];
  return colourStates(input.paint, parts.filter(Boolean).join('\n\n'));
}
