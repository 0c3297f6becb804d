import { readFile, stat } from 'node:fs/promises';
import { SlipwayError } from '@slipway/kit';
import {
  clusterProfileKinds,
  contentHash,
  deepEqual,
  EXPORT_LIMIT,
  type ExportedProfile,
  macroKinds,
  needsOf,
  readExportedProfile,
  registryKinds,
  type Scope,
  SCOPES,
} from '@slipway/model';
import { fetchProfile } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';
import { openSession } from '../hub/session.ts';
import { isOci, type OciOptions, openOci } from './oci-place.ts';
import { type ProfileObject, requireScope } from './profile-version.ts';

export interface ImportOptions extends OciOptions {
  readonly scope?: string;
  readonly name?: string;
}

/** Takes an exported version into this hub, beside the versions that are there; its content is the one that was exported, or it is refused. */
export async function importVersion(deps: CliDeps, from: string, options: ImportOptions): Promise<void> {
  const { text, digest } = isOci(from) ? await fetched(deps, from, options) : { text: await readBounded(deps, from), digest: undefined };
  const exported = readExportedProfile(text, digest === undefined ? from : `${from} (${digest})`);
  const { hub, project } = await openSession(deps, options);
  const place = {
    hub,
    project,
    scope: options.scope === undefined ? exported.scope : requireScope(options.scope),
    name: options.name ?? exported.name,
  };
  const outcome = await store(place, exported);
  for (const line of await missing(place, exported)) deps.io.say(`! ${line}`);
  const { version } = exported.version;
  deps.io.data(`profile/${place.name}@${version} ${outcome} (content sha256:${exported.hash.slice(0, 16)}…)`);
}

async function fetched(deps: CliDeps, address: string, options: OciOptions) {
  const { client, repository, reference, close } = await openOci(deps, address, options);
  try {
    if (reference === undefined)
      throw new UsageError(`"${address}" names no version`, 'Write a tag or a digest: oci://…/shop:1.0.0, oci://…/shop@sha256:….');
    return await fetchProfile(client, repository, reference);
  } finally {
    await close();
  }
}

async function readBounded(deps: CliDeps, path: string): Promise<string> {
  if (path === '-') return deps.io.readStdin();
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new SlipwayError('NotFound', `There is no file ${path}.`);
  if (found.size > EXPORT_LIMIT) throw new SlipwayError('TooLarge', `${path} is larger than ${EXPORT_LIMIT} bytes.`);
  return readFile(path, 'utf8');
}

interface Target {
  readonly hub: Hub;
  readonly project: string;
  readonly scope: Scope;
  readonly name: string;
}

async function store({ hub, project, scope, name }: Target, { about, version, hash }: ExportedProfile): Promise<string> {
  const kind = clusterProfileKinds.at(scope);
  const there = (await hub.find(kind, name, project)) as ProfileObject | undefined;
  if (there === undefined) {
    await hub.create(kind, { kind: kind.kind, metadata: { name }, spec: { ...about, versions: [version] } }, project);
    return 'imported as a new profile';
  }
  const known = there.spec.versions.find((one) => one.version === version.version);
  if (known !== undefined && known.state === 'published' && contentHash(known) === hash) return 'is here already';
  if (known !== undefined)
    throw new SlipwayError('Conflict', `Profile "${name}" has a version ${version.version} with other content.`, {
      hint: `Compare them, or import it beside the other one with: --name ${name}-imported`,
      retryable: false,
    });
  const differs = (['type', 'cloud'] as const).find((field) => !deepEqual(there.spec[field], about[field]));
  if (differs !== undefined)
    throw new SlipwayError(
      'Conflict',
      `Profile "${name}" is of the ${differs} ${there.spec[differs]}, the imported one of ${about[differs]}.`,
      {
        hint: `Import it under another name with: --name ${name}-imported`,
        retryable: false,
      },
    );
  const { resourceVersion } = there.metadata;
  await hub.patch(kind, name, project, { metadata: { resourceVersion }, spec: { versions: [...there.spec.versions, version] } });
  return 'imported';
}

/** What it refers to and is not here, in words; what cannot be looked up is not said to be missing. */
async function missing({ hub, project }: Target, { version }: ExportedProfile): Promise<string[]> {
  const { packs, macros, secretVariables } = needsOf(version);
  const lines: string[] = [];
  const isThere = (kind: Parameters<Hub['find']>[0], name: string) =>
    hub.find(kind, name, project).then(
      (object) => object !== undefined,
      () => true,
    );
  for (const [registry, scope] of new Map(packs.map((pack) => [pack.registry, pack.scope]))) {
    const kind = registryKinds.all.find((one) => one.scope === scope);
    if (kind === undefined || !(await isThere(kind, registry)))
      lines.push(`There is no registry "${registry}" here (${scope}); layers of the profile use it.`);
  }
  for (const macro of macros) {
    const found = await Promise.all(SCOPES.map((scope) => isThere(macroKinds.at(scope), macro)));
    if (!found.includes(true)) lines.push(`There is no macro "${macro}" here; layers of the profile use it.`);
  }
  if (secretVariables.length > 0) lines.push(`Each cluster gives it the secret variables ${secretVariables.join(', ')}.`);
  return lines;
}
