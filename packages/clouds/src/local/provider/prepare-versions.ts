import { canonicalJson, messageOf, seconds } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import { findCondition } from './conditions.ts';
import type { LocalProviderDeps } from './scope.ts';

/** How long no machine must have come, gone or been under way: unpacking images takes a core for some seconds, and a cluster that is coming up needs it more. */
const QUIET_MS = seconds(30);

export interface VersionPreparation {
  /** One look: prepares at most one version, and only in a quiet time. Never throws. */
  look(signal: AbortSignal): Promise<void>;
}

/**
 * Makes the image stores of Kubernetes versions before somebody asks for them: the first machine of a version, in an upgrade the new control plane, would otherwise
 * wait for it.
 */
export function createVersionPreparation(
  deps: Pick<LocalProviderDeps, 'machines' | 'toolchain' | 'logger' | 'clock'> & {
    /** Has the pieces of a version verified, which takes seconds the first time. */
    readonly verify: (version: string) => void;
  },
  localMachines: () => readonly KubeObject[],
): VersionPreparation {
  const done = new Set<string>();
  let picture: string | undefined;
  let since = 0;

  function isQuiet(): boolean {
    const objects = localMachines();
    const now = canonicalJson(objects.map(({ metadata }) => metadata.uid ?? metadata.name).toSorted());
    if (now !== picture || !objects.every(isSettled)) {
      picture = now;
      since = deps.clock.now();
    }
    return deps.clock.now() - since >= QUIET_MS;
  }

  return {
    async look(signal) {
      if (!isQuiet()) return;
      try {
        const version = (await deps.toolchain.readyVersions()).find((ready) => !done.has(ready));
        if (version === undefined) return;
        deps.verify(version);
        await deps.machines.prepare(version, signal);
        done.add(version);
      } catch (error) {
        // Without it an upgrade is slower and nothing else; the next quiet time is soon enough.
        if (!signal.aborted) deps.logger.warn({ error: messageOf(error) }, 'a version could not be prepared');
      }
      since = deps.clock.now();
    },
  };
}

const isSettled = (object: KubeObject): boolean =>
  object.metadata.deletionTimestamp === undefined && findCondition(object, 'BootstrapSucceeded')?.status === 'True';
