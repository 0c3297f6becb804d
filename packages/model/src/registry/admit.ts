import { createPublicKey } from 'node:crypto';
import type { FieldCause } from '@slipway/kit';
import { invalidField, refuseIf, requiredField } from '../meta/causes.ts';
import { isCertificateBundle } from '../meta/certificates.ts';
import { deepEqual } from '../meta/diff.ts';
import type { AdmissionInput } from '../meta/define-kind.ts';
import { MASK } from '../meta/mask.ts';
import { placeUrlProblems } from '../meta/place-url.ts';
import { schemeProblems } from '../meta/url-text.ts';
import type { VerifySpec } from './connection.ts';
import type { RegistrySpec } from './registry.ts';

type Remote = Extract<RegistrySpec, { url: string }>;

const EXAMPLES: Readonly<Record<Remote['type'], string>> = {
  helm: 'https://charts.example.org',
  oci: 'oci://registry.example.org/charts',
  git: 'https://git.example.org/team/packs.git or ssh://git@git.example.org/team/packs.git',
};

/** Of mirrors too: a mirror is asked as the registry is. */
const SCHEMES = { helm: ['https', 'http'], oci: ['oci'] } as const;

/** A registry's URL names a place and nothing else: credentials in it would show in every list. */
export async function admitRegistry({ object, old }: AdmissionInput<RegistrySpec, any>): Promise<void> {
  const { spec } = object;
  if (old && deepEqual(old.spec, spec)) return;
  refuseIf(`Registry "${object.metadata.name}"`, [
    ...('url' in spec ? remoteProblems(spec, old?.spec) : []),
    ...('verify' in spec ? verifyProblems(spec.verify) : []),
    ...('webhook' in spec && spec.webhook !== undefined ? webhookProblems(spec.webhook.secret) : []),
  ]);
}

function remoteProblems(spec: Remote, old: RegistrySpec | undefined): FieldCause[] {
  const bad = (field: string) => (problem: string) => invalidField(field, problem);
  return [
    ...urlProblems(spec, spec.url).map(bad('spec.url')),
    ...('mirrors' in spec ? spec.mirrors : []).flatMap((url, index) => urlProblems(spec, url).map(bad(`spec.mirrors[${index}]`))),
    ...(spec.proxy === undefined ? [] : proxyProblems(spec.proxy).map(bad('spec.proxy'))),
    ...(spec.ca === undefined || isCertificateBundle(spec.ca) ? [] : [invalidField('spec.ca', 'must be one or more certificates in PEM')]),
    ...credentialProblems(spec),
    ...movedSecrets(spec, old),
  ];
}

function urlProblems(spec: Remote, url: string): string[] {
  if (spec.type !== 'git') return [...placeUrlProblems(url, EXAMPLES[spec.type]), ...schemeProblems(url, SCHEMES[spec.type])];
  // The name before the @ of an ssh address is no secret: servers tell repositories' users apart by it.
  const problems = placeUrlProblems(url.replace(/^ssh:\/\/[\w-]+@/, 'ssh://'), EXAMPLES.git);
  const known = /^(https?|ssh):\/\//.test(url) || problems.length > 0;
  return known ? problems : [`must begin with https:// or ssh://, such as ${EXAMPLES.git}`];
}

const proxyProblems = (proxy: string): string[] => [
  ...placeUrlProblems(proxy, 'http://proxy.example.org:3128'),
  ...(/^https?:\/\/[^/]+\/?$/.test(proxy) ? [] : ['must be http:// or https:// with a host and a port, and nothing after it']),
];

/** What travels unencrypted must be said to. */
function credentialProblems(spec: Remote): FieldCause[] {
  const { credentials } = spec;
  if (credentials.type === 'none') return [];
  const clear = spec.url.startsWith('http://') && !spec.plainHttp;
  const ssh = spec.url.startsWith('ssh://');
  return [
    ...(clear ? [invalidField('spec.plainHttp', 'must be true for credentials to be sent to an address without TLS')] : []),
    ...(ssh !== (credentials.type === 'ssh')
      ? [invalidField('spec.credentials.type', `must be ${ssh ? '"ssh"' : '"basic" or "token"'} for this URL`)]
      : []),
  ];
}

const SECRET_AT = { none: [], basic: ['password'], token: ['token'], ssh: ['privateKey'] } as const;

/** Otherwise whoever may change the registry, but was never told its secret, has it sent to a server of theirs. */
function movedSecrets(spec: Remote, old: RegistrySpec | undefined): FieldCause[] {
  if (old === undefined || !('url' in old) || deepEqual(routeOf(spec), routeOf(old))) return [];
  const { credentials } = spec;
  const kept = SECRET_AT[credentials.type].filter((key) => (credentials as Record<string, unknown>)[key] === MASK);
  return kept.map((key) =>
    requiredField(
      `spec.credentials.${key}`,
      'must be written again when the address, the proxy, the authorities or who gets credentials change: it is not sent elsewhere by itself',
    ),
  );
}

/** All that decides who gets to see the credentials. */
const routeOf = (spec: Remote): object => ({
  type: spec.type,
  origin: /^[a-z]+:\/\/[^/]*/.exec(spec.url)?.[0],
  proxy: spec.proxy,
  ca: spec.ca,
  plainHttp: spec.plainHttp ?? false,
  passCredentials: spec.type === 'helm' && (spec.passCredentials ?? false),
  knownHosts: spec.credentials?.type === 'ssh' ? spec.credentials.knownHosts : undefined,
});

/** Not in the schema: what is stored is shown as a mask, which is short. */
const webhookProblems = (secret: string): FieldCause[] =>
  secret === MASK || secret.length >= 16 ? [] : [invalidField('spec.webhook.secret', 'must have at least 16 characters')];

function verifyProblems({ policy, keys }: VerifySpec): FieldCause[] {
  return [
    ...(policy !== 'off' && keys.length === 0 ? [requiredField('spec.verify.keys', `must hold a key for policy "${policy}"`)] : []),
    ...keys.flatMap(({ key }, index) =>
      isVerifyKey(key) ? [] : [invalidField(`spec.verify.keys[${index}].key`, 'must be a public key in PEM: ECDSA P-256 or Ed25519')],
    ),
  ];
}

function isVerifyKey(pem: string): boolean {
  try {
    // Of a private key, createPublicKey would quietly make a public one: and the private one would stand in every list.
    if (!/^\s*-----BEGIN PUBLIC KEY-----/.test(pem)) return false;
    const key = createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519' || (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1');
  } catch {
    return false;
  }
}
