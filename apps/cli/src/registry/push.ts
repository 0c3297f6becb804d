import { readFile, writeFile } from 'node:fs/promises';
import { SlipwayError } from '@slipway/kit';
import { newestRelease } from '@slipway/model';
import { archiveOfPath, ociSource, packArtefact, pushArtefact, signingKey, signManifest, tagOf, versionOf } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { openSession } from '../hub/session.ts';
import { openEmbedded, type RegistryPlace } from './embedded-client.ts';

export interface PushOptions extends RegistryPlace {
  readonly sign?: string;
  readonly force?: boolean;
}

export interface PackVersionOptions extends RegistryPlace {
  readonly version?: string;
}

/** Packs a folder, or takes an archive as it is, and pushes it; then the catalogue is read anew. */
export async function push(deps: CliDeps, path: string, options: PushOptions): Promise<void> {
  const key = options.sign === undefined ? undefined : await readKey(deps, options.sign);
  const { info, ...artefact } = await packArtefact(await archiveOfPath(path));
  const registry = await openEmbedded(deps, options);
  try {
    const repository = registry.repository(info.name);
    const tag = tagOf(info.version);
    const there = await registry.client.manifest(repository, tag);
    const same = there?.manifest.layers.some(({ digest }) => digest === info.digest) === true;
    if (there !== undefined && !same && options.force !== true)
      throw new SlipwayError('AlreadyExists', `${repository} has a version ${info.version} with other content.`, {
        hint: 'Give it another version. With --force it is replaced, and whoever used it keeps the first content.',
      });
    const { digest } = await pushArtefact(registry.client, repository, artefact, tag);
    if (key !== undefined) await signManifest(registry.client, { repository, reference: `${registry.host}/${repository}`, digest, key });
    deps.io.data(`${repository}:${info.version} ${digest}${key === undefined ? '' : ' signed'}`);
  } finally {
    await registry.close();
  }
  await readAnew(deps, options);
}

/** So that the pack is in the catalogue at once. Who may push but not ask for that waits for the next sync. */
async function readAnew(deps: CliDeps, options: RegistryPlace): Promise<void> {
  const { hub, project } = await openSession(deps, options);
  await hub.syncRegistry('embedded', options.scope === 'project' ? project : undefined).catch((error: unknown) => {
    if (!(error instanceof SlipwayError && ['Forbidden', 'NotFound'].includes(error.code))) throw error;
  });
}

export async function pull(deps: CliDeps, pack: string, options: PackVersionOptions & { readonly output?: string }): Promise<void> {
  const registry = await openEmbedded(deps, options);
  try {
    const repository = registry.repository(pack);
    const version =
      options.version ?? newestRelease((await registry.client.tags(repository)).filter((tag) => /^v?\d/.test(tag)).map(versionOf));
    if (version === undefined) throw new SlipwayError('NotFound', `${repository} has no version.`);
    const { archive } = await ociSource({ client: registry.client, prefix: '', packs: [] }).fetch({ name: repository, version });
    const file = options.output ?? `${pack}-${version}.tgz`;
    await writeFile(file, archive);
    deps.io.data(file);
  } finally {
    await registry.close();
  }
}

export async function sign(deps: CliDeps, pack: string, options: PackVersionOptions & { readonly key: string }): Promise<void> {
  const key = await readKey(deps, options.key);
  const registry = await openEmbedded(deps, options);
  try {
    const repository = registry.repository(pack);
    const version = options.version ?? '';
    const found = await registry.client.manifest(repository, tagOf(version));
    if (found === undefined) throw new SlipwayError('NotFound', `${repository} has no version ${version}.`);
    await signManifest(registry.client, { repository, reference: `${registry.host}/${repository}`, digest: found.digest, key });
    deps.io.data(`${repository}:${version} ${found.digest} signed`);
  } finally {
    await registry.close();
  }
  await readAnew(deps, options);
}

/** A key with a passphrase asks for it; a program says it in the environment. */
async function readKey(deps: CliDeps, path: string) {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new SlipwayError('NotFound', `The key ${path} cannot be read.`, { cause: error });
  });
  const given = deps.env['SLIPWAY_KEY_PASSPHRASE'];
  const asked =
    given === undefined && pem.includes('ENCRYPTED') && deps.io.interactive ? await deps.io.askSecret(`Passphrase of ${path}: `) : given;
  return signingKey(pem, asked);
}
