import type { ConnectionState } from '@slipway/link';
import { compact, DEFAULT_TENANT, type GatewayFacts, type GatewayPlan } from '@slipway/model';
import type { Deps, FleetDeps } from '../deps.ts';
import { getGateway, type GatewayObject } from '../reads.ts';
import { tenantStore } from '../tenant-deps.ts';

/** The gateway that a tenant names, and the one that does the work: its own, or that of the installation. */
export interface GatewayPlace {
  readonly named: GatewayObject;
  /** Undefined when the installation has no gateway of that name. */
  readonly real: GatewayObject | undefined;
  /** Whose `real` is. */
  readonly owner: string;
  readonly borrowed: boolean;
}

export async function gatewayPlace(deps: Pick<FleetDeps, 'store'>, tenant: string, name: string): Promise<GatewayPlace | undefined> {
  const named = await getGateway(tenantStore(deps.store, tenant), name);
  if (named === undefined) return undefined;
  if (!isBorrowed(tenant, named)) return { named, real: named, owner: tenant, borrowed: false };
  return { named, real: await getGateway(tenantStore(deps.store, DEFAULT_TENANT), name), owner: DEFAULT_TENANT, borrowed: true };
}

export const isBorrowed = (tenant: string, gateway: GatewayObject): boolean =>
  gateway.spec.provider === 'installation' && tenant !== DEFAULT_TENANT;

/** Whoever names this gateway, in whatever tenant: the named object and the one that may do its work. */
export const gatewayKeys = (tenant: string, name: string): string[] => [...new Set([`${tenant}/${name}`, `${DEFAULT_TENANT}/${name}`])];

export interface GatewayReport {
  readonly plan: GatewayPlan | undefined;
  readonly facts: GatewayFacts | undefined;
  readonly connection: ConnectionState;
}

/** What the gateway was told last, and what it said last. */
export async function gatewayReport(deps: Pick<Deps, 'plans' | 'facts'>, gateway: GatewayObject | undefined): Promise<GatewayReport> {
  const uid = gateway?.metadata.uid;
  if (uid === undefined) return { plan: undefined, facts: undefined, connection: { connected: false } };
  const plan = (await deps.plans.latestGateway(uid))?.plan;
  const reported = await deps.facts.gateway(uid);
  return { plan, facts: reported?.facts, connection: connectionOf(deps, uid, reported?.at) };
}

/** After a restart of the hub nothing is connected yet; the facts reported last then say when the agent was there. */
export function connectionOf(deps: Pick<Deps, 'facts'>, uid: string, reportedAt: string | undefined): ConnectionState {
  const now = deps.facts.connection(uid);
  return compact({ ...now, lastSeen: now.lastSeen ?? reportedAt });
}
