import { createPrivateKey, type KeyObject } from 'node:crypto';
import { SlipwayError } from '@slipway/kit';
import { MEDIA } from '../registries/media-types.ts';
import { type Descriptor, digestOf, type OciClient } from '../registries/oci-client.ts';
import { type Part, pushArtefact } from '../registries/oci-push.ts';
import { holds, publicKeyOf, signatureOf, signedDigest, signingPayload } from './simple-signing.ts';

/** Where cosign writes a signature. */
const SIGNATURE = 'dev.cosignproject.cosign/signature';
const PAYLOAD_BYTES = 64 * 1024;
/** Signatures of one manifest that are looked at. Anybody who may push may add some. */
const SIGNATURES = 50;
const REFERRERS = 20;

export interface VerifyKey {
  readonly name: string;
  readonly key: string;
}

/** Who signed, or why nobody did. */
export interface Signature {
  readonly signedBy?: string;
  readonly problem?: string;
}

/**
 * Looks for a signature of this very manifest by one of the keys: cosign's, at the tag `sha256-<hex>.sig` or as an OCI 1.1 referrer. What is signed is the digest, so
 * whoever then fetches by that digest has what was signed. Rejects when the registry cannot be asked: not knowing is not the same as unsigned.
 */
export async function findSignature(client: OciClient, repository: string, digest: string, keys: readonly VerifyKey[]): Promise<Signature> {
  const trusted = keys.map(({ name, key }) => ({ name, key: publicKeyOf(key) }));
  let seen = 0;
  for await (const { payload, signature } of signaturesOf(client, repository, digest)) {
    seen += 1;
    // A true signature of something else is none of this.
    if (signedDigest(payload) !== digest) continue;
    const found = trusted.find(({ key }) => holds(payload, signature, key));
    if (found !== undefined) return { signedBy: found.name };
    if (seen >= SIGNATURES) break;
  }
  return { problem: seen === 0 ? 'it is not signed' : `none of its ${seen} signatures is by a key of the registry` };
}

async function* signaturesOf(client: OciClient, repository: string, digest: string) {
  const tagged = await client.manifest(repository, `${digest.replace(':', '-')}.sig`);
  if (tagged !== undefined) yield* layersOf(client, repository, tagged.manifest.layers);
  const referrers = (await client.referrers(repository, digest)).filter(({ artifactType }) => artifactType === MEDIA.cosignSignature);
  for (const { digest: by } of referrers.slice(0, REFERRERS)) {
    const manifest = await client.manifest(repository, by);
    if (manifest !== undefined) yield* layersOf(client, repository, manifest.manifest.layers);
  }
}

async function* layersOf(client: OciClient, repository: string, layers: readonly Descriptor[]) {
  for (const layer of layers) {
    const signature = layer.annotations?.[SIGNATURE];
    if (layer.mediaType !== MEDIA.simpleSigning || signature === undefined || layer.size > PAYLOAD_BYTES) continue;
    yield { payload: await client.blob(repository, layer, PAYLOAD_BYTES), signature: Buffer.from(signature, 'base64') };
  }
}

/** A private key for signing: ECDSA P-256 or Ed25519, in PEM without a passphrase, or with the one given. */
export function signingKey(pem: string, passphrase?: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw new SlipwayError('Invalid', 'The signing key cannot be read: it must be a private key in PEM.', {
      cause: error,
      hint: 'Make one with: openssl genpkey -algorithm ed25519 -out key.pem',
      retryable: false,
    });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return key;
  throw new SlipwayError('Invalid', 'The signing key must be ECDSA P-256 or Ed25519.', { retryable: false });
}

/** Signs a manifest as cosign does, beside the signatures that are there already. */
export async function signManifest(
  client: OciClient,
  {
    repository,
    reference,
    digest,
    key,
  }: { readonly repository: string; readonly reference: string; readonly digest: string; readonly key: KeyObject },
): Promise<void> {
  const tag = `${digest.replace(':', '-')}.sig`;
  const payload = signingPayload(reference, digest);
  const before = await client.manifest(repository, tag);
  const kept = await Promise.all(
    (before?.manifest.layers ?? []).map(async ({ mediaType, annotations, ...layer }): Promise<Part> => ({
      mediaType,
      data: await client.blob(repository, layer, PAYLOAD_BYTES),
      ...(annotations === undefined ? {} : { annotations }),
    })),
  );
  const mine: Part = {
    mediaType: MEDIA.simpleSigning,
    data: payload,
    annotations: { [SIGNATURE]: signatureOf(payload, key).toString('base64') },
  };
  const layers = [...kept, mine];
  await pushArtefact(client, repository, { config: imageConfig(layers), layers }, tag);
}

/** Signatures are stored as an image, whose configuration names its layers. */
const imageConfig = (layers: readonly Part[]): Part => ({
  mediaType: 'application/vnd.oci.image.config.v1+json',
  data: Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ data }) => digestOf(data)) },
      config: {},
    }),
  ),
});
