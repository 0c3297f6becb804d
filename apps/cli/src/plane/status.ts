import { stat } from 'node:fs/promises';
import { messageOf } from '@slipway/kit';
import { clusterKind, gatewayKind } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { contextsPath, createContextStore } from '../config/contexts.ts';
import { connectHub } from '../hub/connect.ts';
import type { Cluster } from '../hub/objects.ts';
import { colourStates } from '../output/format.ts';
import { age, objectTable, renderTable } from '../output/table.ts';
import { backgroundStatus, type ToolchainStatus } from './background-toolchain.ts';
import { recordPath } from './control.ts';
import { GATEWAY } from './first-cluster.ts';
import { openHost } from './host-parts.ts';
import { planePaths, type PlanePaths } from './paths.ts';
import { readRecord, isRunning } from './process-record.ts';
import { readPlaneFile } from './process-specs.ts';
import { SUPERVISOR } from './supervisor.ts';
import { contextName } from './up.ts';

interface ProcessStatus {
  readonly name: string;
  readonly state: 'Running' | 'Stopped' | 'Crashed';
  readonly pid?: number;
  readonly since?: string;
  readonly log: string;
}
interface MachineStatus {
  readonly name: string;
  readonly state: string;
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pid?: number;
  readonly reason?: string;
}

export interface PlaneStatus {
  readonly home: string;
  readonly exists: boolean;
  readonly healthy: boolean;
  readonly processes: readonly ProcessStatus[];
  readonly machines: readonly MachineStatus[];
  readonly gateway: string;
  readonly clusters: readonly Cluster[];
  readonly toolchain?: ToolchainStatus;
  readonly problems: readonly string[];
}

export async function readStatus(deps: CliDeps): Promise<PlaneStatus> {
  const paths = planePaths(deps.env);
  const nothing = { home: paths.home, exists: false, healthy: false, processes: [], machines: [], gateway: '', clusters: [], problems: [] };
  if (!(await stat(paths.home).catch(() => undefined))) return nothing;
  const problems: string[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return otherwise;
    }
  };
  const processes = await processStates(paths);
  const machines = await attempt('machines', () => machineStates(deps, paths), []);
  const hubRuns = processes.some((one) => one.name === 'hub' && one.state === 'Running');
  const { gateway, clusters } = hubRuns
    ? await attempt('hub', () => fromHub(deps, paths), { gateway: 'unknown', clusters: [] })
    : { gateway: 'the hub is not running', clusters: [] };
  const toolchain = await backgroundStatus(paths);
  const healthy =
    problems.length === 0 &&
    processes.every((one) => one.state === 'Running') &&
    machines.every((one) => one.state === 'Running') &&
    gateway.startsWith('Connected');
  return { home: paths.home, exists: true, healthy, processes, machines, gateway, clusters, problems, ...(toolchain ? { toolchain } : {}) };
}

async function processStates(paths: PlanePaths): Promise<ProcessStatus[]> {
  const wanted = (await readPlaneFile(paths.processes))?.processes.map((spec) => spec.name) ?? [];
  const states: ProcessStatus[] = [];
  for (const name of [SUPERVISOR, ...wanted]) {
    const record = await readRecord(recordPath(paths, name));
    const log = `${paths.log}/${name}.log`;
    if (!record) states.push({ name, state: 'Stopped', log });
    else if (await isRunning(record)) states.push({ name, state: 'Running', pid: record.pid, since: record.since, log });
    else states.push({ name, state: 'Crashed', log });
  }
  return states;
}

async function machineStates(deps: CliDeps, paths: PlanePaths): Promise<MachineStatus[]> {
  const host = await openHost(deps.root, paths, deps.env);
  const machines = await host.machines.list();
  return machines.map(({ name, state, address, labels, pid, reason }) => ({
    name,
    state,
    address,
    labels,
    ...(pid === undefined ? {} : { pid }),
    ...(reason ? { reason } : {}),
  }));
}

async function fromHub(deps: CliDeps, paths: PlanePaths): Promise<{ gateway: string; clusters: Cluster[] }> {
  const name = contextName(paths);
  const context = (await createContextStore(contextsPath(deps.env)).read()).contexts.find((one) => one.name === name);
  if (!context) return { gateway: `unknown: you have no context "${name}" (run "${deps.self} up" again)`, clusters: [] };
  const hub = connectHub(context, AbortSignal.any([deps.signal, AbortSignal.timeout(5000)]));
  const gateway = (await hub.find(gatewayKind, GATEWAY, 'default'))?.status as { connected?: boolean; lastSeen?: string } | undefined;
  const { items } = await hub.list(clusterKind, {});
  return {
    gateway: gateway?.connected
      ? 'Connected'
      : `Not connected${gateway?.lastSeen ? `, last seen ${age(gateway.lastSeen, Date.now())} ago` : ''}`,
    clusters: items as Cluster[],
  };
}

export function renderStatus(deps: CliDeps, status: PlaneStatus): string {
  if (!status.exists) return `Nothing here yet: ${status.home} does not exist. Start with: ${deps.self} up`;
  const now = Date.now();
  const parts = [
    renderTable(
      ['PROCESS', 'STATE', 'PID', 'AGE', 'LOG'],
      status.processes.map((one) => [
        one.name,
        one.state,
        one.pid === undefined ? '-' : String(one.pid),
        one.since ? age(one.since, now) : '-',
        one.log,
      ]),
    ),
    status.machines.length === 0
      ? 'No machines.'
      : renderTable(
          ['MACHINE', 'STATE', 'ADDRESS', 'REASON'],
          status.machines.map((one) => [one.name, one.state, one.address, one.reason?.split('\n')[0] ?? '']),
        ),
    `Gateway: ${status.gateway}`,
  ];
  if (status.clusters.length > 0) {
    const { header, rows } = objectTable(clusterKind, status.clusters, { wide: true, withProject: true, now });
    parts.push(renderTable(header, rows));
  }
  if (status.toolchain) {
    const { state, done, total, detail } = status.toolchain;
    parts.push(`Background toolchain: ${state}, ${done} of ${total} pieces${detail ? ` (${detail})` : ''}`);
  }
  for (const problem of status.problems) parts.push(`Problem: ${problem}`);
  return colourStates(deps.io, parts.join('\n\n'));
}
