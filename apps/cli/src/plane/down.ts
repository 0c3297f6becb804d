import { rm } from 'node:fs/promises';
import type { CliDeps } from '../command.ts';
import { contextsPath, createContextStore } from '../config/contexts.ts';
import { createTimeline } from '../output/timeline.ts';
import { stopBackground } from './background-toolchain.ts';
import { stopPlane } from './control.ts';
import { hostError, requireRoot } from './host-checks.ts';
import { openHost } from './host-parts.ts';
import { takeLock } from './lock.ts';
import { planePaths, type PlanePaths } from './paths.ts';

export interface DownOptions {
  /** Only hub and gateway agent: clusters run on. */
  readonly hubOnly: boolean;
  readonly purge: boolean;
  /** With purge: the toolchain cache too. */
  readonly cache: boolean;
}

/** Stops what `up` started, whatever state it is in; a second call finds nothing left to do. */
export async function down(deps: CliDeps, options: DownOptions): Promise<void> {
  const paths = planePaths(deps.env);
  requireRoot(`${deps.self} down`);
  const { stat } = await import('node:fs/promises');
  const there = await stat(paths.home).catch(() => undefined);
  if (!there && !options.purge) return deps.io.say(`Nothing to stop: ${paths.home} does not exist.`);
  const lock = there
    ? await takeLock(paths.run, 'up', 'slipway down', {
        signal: deps.signal,
        onWait: (holder) =>
          deps.io.say(
            `Another "slipway ${holder.detail.replace('slipway ', '')}" works on ${paths.home} (pid ${holder.pid}); waiting for it…`,
          ),
      })
    : undefined;
  const timeline = createTimeline(deps.io);
  const inStep = async (title: string, work: (update: (detail: string) => void) => Promise<string>) => {
    const step = timeline.step(title);
    try {
      step.done(await work((detail) => step.update(detail)));
    } catch (error) {
      step.fail(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  try {
    if (there) {
      await inStep('processes', async () => {
        const background = options.hubOnly ? false : await stopBackground(paths);
        const stopped = [...(await stopPlane(paths)), ...(background ? ['background toolchain build'] : [])];
        return stopped.length > 0 ? `stopped ${stopped.join(', ')}` : 'none was running';
      });
      if (options.hubOnly) return;
    }
    if (!options.purge) {
      await inStep('machines', async (update) => {
        const count = await (await openHost(deps.root, paths, deps.env)).stopAll({ onProgress: update });
        return count === 0 ? 'none was running' : `stopped ${count}`;
      });
    } else {
      // Also when the home is gone: what it made is found by name.
      await inStep('machines and data', async (update) => {
        await forgetContext(deps, paths);
        await (await openHost(deps.root, paths, deps.env)).purge({ onProgress: update });
        await rm(paths.home, { recursive: true, force: true });
        if (options.cache) await rm(paths.cache, { recursive: true, force: true });
        return options.cache
          ? `removed with their networks and cgroups, ${paths.home} and ${paths.cache}`
          : `removed with their networks and cgroups, and ${paths.home}; the toolchain cache ${paths.cache} is kept (--purge --cache removes it too)`;
      });
    }
  } catch (error) {
    throw hostError(error, paths);
  } finally {
    timeline.close();
    await lock?.release();
  }
}

/** The tokens of a hub that no longer exists are of no use to anybody. */
async function forgetContext(deps: CliDeps, paths: PlanePaths): Promise<void> {
  const { contextName } = await import('./up.ts');
  await createContextStore(contextsPath(deps.env)).remove(contextName(paths));
}
