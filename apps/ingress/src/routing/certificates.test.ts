import { X509Certificate } from 'node:crypto';
import { createCa, issueCertificate } from '@slipway/kit';
import { expect, it } from 'vitest';
import { certificateOf } from './certificates.ts';
import type { Secret } from './objects.ts';

const ca = await createCa('test');
const [one, other] = await Promise.all(
  ['one.test', 'other.test'].map((name) => issueCertificate(ca, { commonName: name, dnsNames: [name] })),
);
const secret = (crt: string, key: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'a' },
  data: { 'tls.crt': Buffer.from(crt).toString('base64'), 'tls.key': Buffer.from(key).toString('base64') },
});

it('is the chain and the key as one text, without what else stood there', () => {
  const found = certificateOf(secret(`# a comment\n${one?.cert}garbage\n${ca.cert}`, one?.key ?? ''));
  const pem = 'pem' in found ? found.pem : '';
  expect(pem.match(/-----BEGIN [A-Z ]+-----/g)).toEqual([
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN PRIVATE KEY-----',
  ]);
  expect(pem).not.toContain('garbage');
  expect(new X509Certificate(pem).subject).toContain('one.test');
});

it.each([
  [undefined, 'there is no such Secret'],
  [secret('', ''), 'holds no certificate'],
  [secret(one?.cert ?? '', other?.key ?? ''), 'is not the key of the certificate'],
  [secret('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----', one?.key ?? ''), 'cannot be read'],
  [secret(one?.cert ?? '', 'nonsense'), 'cannot be read'],
])('what cannot be served is said, and is no reason to stop: %#', (given, problem) => {
  expect(certificateOf(given)).toEqual({ problem: expect.stringContaining(problem) });
});
