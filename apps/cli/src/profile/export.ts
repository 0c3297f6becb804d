import { writeFile } from 'node:fs/promises';
import { exportProfile, needsLines, needsOf } from '@slipway/model';
import { digestOfArtefact, profileArtefact, pushArtefact, tagOf } from '@slipway/packs';
import { SlipwayError } from '@slipway/kit';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import { openSession } from '../hub/session.ts';
import { isOci, type OciOptions, openOci } from './oci-place.ts';
import { findVersion, requireScope } from './profile-version.ts';

export interface ExportOptions extends OciOptions {
  readonly scope: string;
  readonly output?: string;
  readonly force?: boolean;
}

/** One published version as a file, to standard output, or as an artefact in a registry. */
export async function exportVersion(deps: CliDeps, text: string, options: ExportOptions): Promise<void> {
  const place = { ...(await openSession(deps, options)), scope: requireScope(options.scope) };
  const { object, version } = await findVersion(place, text);
  const exported = exportProfile(object, version);
  const title = `${object.metadata.name}@${version.version}`;
  for (const line of needsLines(needsOf(version))) deps.io.say(`${title} refers to: ${line}`);
  const { output } = options;
  if (output === undefined || output === '-') deps.io.data(exported);
  else if (isOci(output)) deps.io.data(await push(deps, exported, { title, output, options }));
  else {
    await writeFile(output, exported);
    deps.io.data(output);
  }
}

interface Push {
  readonly title: string;
  readonly output: string;
  readonly options: ExportOptions;
}

/** A version is pushed once: what is published stays as it is, in registries too. */
async function push(deps: CliDeps, text: string, { title, output, options }: Push): Promise<string> {
  const { profile, ...artefact } = profileArtefact(text, title);
  const { client, repository, reference, close } = await openOci(deps, output, options);
  try {
    const tag = reference ?? tagOf(profile.version.version);
    if (tag.startsWith('sha256:')) throw new UsageError(`"${output}" names a digest`, 'Write a tag, or none: then it is the version.');
    const there = await client.manifest(repository, tag);
    if (there !== undefined && there.digest !== digestOfArtefact(artefact) && options.force !== true)
      throw new SlipwayError('AlreadyExists', `${repository}:${tag} is there with other content.`, {
        hint: 'Give it another tag. With --force it is replaced.',
      });
    const { digest } = await pushArtefact(client, repository, artefact, tag);
    return `${repository}:${tag} ${digest}`;
  } finally {
    await close();
  }
}
