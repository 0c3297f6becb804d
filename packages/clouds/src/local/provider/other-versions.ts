import { seconds } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { Outcome } from '@slipway/runtime';
import { CONTROL_PLANE_LABEL } from '../names.ts';
import { findCondition } from './conditions.ts';
import type { MachineContext, Scope } from './local-machine.ts';
import { ownerOf } from './scope.ts';

const LOOK_MS = seconds(2);

/** A machine of the cluster as the question needs it. */
export interface VersionedMachine {
  readonly version: string;
  readonly controlPlane: boolean;
  readonly bootstrapped: boolean;
}

/**
 * Pure: whose Kubernetes images this machine needs besides its own, now or in a moment. In an upgrade Cluster API replaces the control planes, then moves kube-proxy on
 * all nodes at once, then replaces the workers. So a new control plane starts with the kube-proxy of the old version; an old worker gets the new one as soon as there
 * is a control plane of it, and not before: an import costs seconds of a core that a join under way needs more. An old control plane never sees the new kube-proxy.
 */
export function otherVersions(
  own: VersionedMachine,
  peers: readonly VersionedMachine[],
): { readonly now: string[]; readonly soon: boolean } {
  const now = new Set<string>();
  let soon = false;
  for (const { version } of peers) {
    if (version === own.version) continue;
    const older = version.localeCompare(own.version, 'en', { numeric: true }) < 0;
    const leads = peers.some((peer) => peer.version === version && peer.controlPlane && peer.bootstrapped);
    if (own.controlPlane !== older) continue;
    if (older || leads) now.add(version);
    else soon = true;
  }
  return { now: [...now], soon };
}

/** Brings those images into a machine that is up. Returns when to look again while something is still to come. */
export async function importOtherVersions(
  context: MachineContext,
  { object, owner, cluster }: Scope,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  if (owner.metadata.deletionTimestamp !== undefined) return undefined;
  const namespace = object.metadata.namespace ?? '';
  const peers = context.view.localMachinesOf(namespace, cluster.metadata.name).flatMap((peer) => {
    const version = context.view.machine(namespace, ownerOf(peer, 'Machine') ?? '')?.['spec']?.version as string | undefined;
    return version === undefined ? [] : [versioned(peer, version)];
  });
  const { now, soon } = otherVersions(versioned(object, owner['spec']?.version ?? ''), peers);
  let next: Outcome | undefined = soon ? { againAfterMs: LOOK_MS } : undefined;
  for (const version of now) {
    const key = `${object.metadata.name}/${version}`;
    if (context.imported.has(key)) continue;
    if (context.toolchain.look(version).state !== 'ready') {
      next = { againAfterMs: LOOK_MS };
      continue;
    }
    await context.deps.machines.importImages(object.metadata.name, version, signal);
    context.imported.add(key);
  }
  return next;
}

const versioned = (local: KubeObject, version: string): VersionedMachine => ({
  version,
  controlPlane: local.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined,
  bootstrapped: findCondition(local, 'BootstrapSucceeded')?.status === 'True',
});
