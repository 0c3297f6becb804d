import { SlipwayError } from '@slipway/kit';
import { EXPORT_LIMIT, type ExportedProfile, needsOf, readExportedProfile } from '@slipway/model';
import { MEDIA } from './media-types.ts';
import type { OciClient } from './oci-client.ts';
import type { Artefact } from './oci-push.ts';

/** An exported profile as it is pushed: the file as its layer; what can be said of it without opening the file as its config. The same file is the same artefact. */
export function profileArtefact(text: string, what: string): Artefact & { readonly profile: ExportedProfile } {
  const profile = readExportedProfile(text, what);
  const { name, version, about, hash } = profile;
  const config = {
    name,
    version: version.version,
    type: about.type,
    cloud: about.cloud,
    contentHash: `sha256:${hash}`,
    needs: needsOf(version),
  };
  return {
    profile,
    artifactType: MEDIA.profileConfig,
    config: { mediaType: MEDIA.profileConfig, data: Buffer.from(JSON.stringify(config)) },
    layers: [
      {
        mediaType: MEDIA.profileLayer,
        data: Buffer.from(text),
        annotations: { 'org.opencontainers.image.title': `${name}-${version.version}.yaml` },
      },
    ],
    annotations: { 'org.opencontainers.image.title': name, 'org.opencontainers.image.version': version.version },
  };
}

/** The file in a registry, by tag or digest. What is read is the one layer of our type, checked against its digest; nothing else of the artefact is fetched. */
export async function fetchProfile(client: OciClient, repository: string, reference: string): Promise<{ text: string; digest: string }> {
  const found = await client.manifest(repository, reference);
  if (found === undefined) throw new SlipwayError('NotFound', `The ${client.from} has no "${reference}" of "${repository}".`);
  const [layer, ...more] = found.manifest.layers.filter(({ mediaType }) => mediaType === MEDIA.profileLayer);
  if (layer === undefined || more.length > 0)
    throw new SlipwayError('Invalid', `"${repository}" ${reference} in the ${client.from} is no exported profile.`, { retryable: false });
  const data = await client.blob(repository, layer, EXPORT_LIMIT);
  return { text: utf8(data, `"${repository}" ${reference}`), digest: found.digest };
}

function utf8(data: Buffer, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data);
  } catch (error) {
    throw new SlipwayError('Invalid', `${what} is no text in UTF-8.`, { cause: error, retryable: false });
  }
}
