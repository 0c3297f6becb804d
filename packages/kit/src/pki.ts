import { randomBytes } from 'node:crypto';
import { minutes } from './clock.ts';

/** A certificate and its private key, both PEM (the key as PKCS#8). Keys are secrets: keep them in files of mode 0600, never log them. */
export interface KeyPairPem {
  readonly cert: string;
  readonly key: string;
}

export interface CaOptions {
  /** Default 10 years. */
  readonly validDays?: number;
  readonly organization?: string;
}

export interface CertificateOptions {
  readonly commonName: string;
  readonly organization?: string;
  /** `localhost`, `*.slipway-system.svc` */
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  /** Default `server`. */
  readonly usage?: 'server' | 'client' | 'both';
  /** Default 10 years: local components have no one to renew them; give less where something does. */
  readonly validDays?: number;
}

/** The global type has one name in Node and another meaning in browsers; this is the one of whichever is there. */
type Key = Parameters<typeof crypto.subtle.exportKey>[1];
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' } as const;
const TEN_YEARS = 3650;
/** Clocks of machines and host may differ a little. */
const BACKDATE_MS = minutes(5);

/** Loaded on first use: the library costs 10 MiB that most processes never need, and wants a metadata polyfill beside it. */
async function library(): Promise<typeof import('@peculiar/x509')> {
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  x509.cryptoProvider.set(crypto);
  return x509;
}

const validity = (days: number) => ({
  notBefore: new Date(Date.now() - BACKDATE_MS),
  notAfter: new Date(Date.now() + days * minutes(24 * 60)),
});
/** Positive and at most 20 bytes, as RFC 5280 §4.1.2.2 wants. */
const serial = (): string => `4${randomBytes(15).toString('hex')}0`;

const subject = (commonName: string, organization: string | undefined): { [key: string]: string[] }[] => [
  { CN: [commonName] },
  ...(organization === undefined ? [] : [{ O: [organization] }]),
];

async function pemOfKey(key: Key): Promise<string> {
  const base64 = Buffer.from(await crypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${base64.replace(/(.{64})(?=.)/g, '$1\n')}\n-----END PRIVATE KEY-----\n`;
}

function importKey(pem: string): Promise<Key> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

/** Makes a self-signed certificate authority (ECDSA P-256). @example const ca = await createCa('slipway-hub'); */
export async function createCa(commonName: string, options: CaOptions = {}): Promise<KeyPairPem> {
  const x509 = await library();
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: subject(commonName, options.organization),
    ...validity(options.validDays ?? TEN_YEARS),
    keys,
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign | x509.KeyUsageFlags.digitalSignature, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await pemOfKey(keys.privateKey) };
}

/**
 * Issues a certificate with a new ECDSA P-256 key from a CA made by `createCa`.
 *
 * @example await issueCertificate(ca, { commonName: 'slipway-hub', dnsNames: ['slipway-hub'], ipAddresses: ['127.0.0.1', '10.88.0.1'] });
 */
export async function issueCertificate(ca: KeyPairPem, options: CertificateOptions): Promise<KeyPairPem> {
  const x509 = await library();
  const issuer = new x509.X509Certificate(ca.cert);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const usage = options.usage ?? 'server';
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const cert = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    issuer: issuer.subject,
    subject: subject(options.commonName, options.organization),
    ...validity(options.validDays ?? TEN_YEARS),
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    signingAlgorithm: SIGNING,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        ...(usage === 'client' ? [] : [x509.ExtendedKeyUsage.serverAuth]),
        ...(usage === 'server' ? [] : [x509.ExtendedKeyUsage.clientAuth]),
      ]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  });
  return { cert: `${cert.toString('pem')}\n`, key: await pemOfKey(keys.privateKey) };
}
