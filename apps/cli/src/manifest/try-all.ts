import { SlipwayError } from '@slipway/kit';
import type { Hub } from '../hub/hub.ts';
import { applyManifest } from './apply.ts';
import type { ManifestObject } from './read.ts';

/** Asks the hub about every document without storing any; refusals that only say "an object of this same file is not there yet" are left for the real run. */
export async function tryAll(hub: Hub, manifests: readonly ManifestObject[], project: string): Promise<void> {
  const names = manifests.map((manifest) => manifest.object.metadata.name ?? '');
  for (const [index, manifest] of manifests.entries()) {
    try {
      await applyManifest(hub, manifest, { project, dryRun: true });
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      const said = [error.message, ...error.causes.map((cause) => cause.message)].join('\n');
      const others = names.filter((name, other) => other !== index && name !== '');
      const leansOnOthers = (error.code === 'Invalid' || error.code === 'NotFound') && others.some((name) => said.includes(`"${name}"`));
      if (!leansOnOthers) throw error;
    }
  }
}
