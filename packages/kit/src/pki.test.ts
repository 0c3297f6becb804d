import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { createCa, issueCertificate } from './pki.ts';

test('a server with an issued certificate is trusted by a client that pins the CA, and by no other', async () => {
  const ca = await createCa('test-ca');
  const server = await issueCertificate(ca, { commonName: 'hub', dnsNames: ['slipway-hub'], ipAddresses: ['127.0.0.1'] });
  const client = await issueCertificate(ca, { commonName: 'admin', organization: 'system:masters', usage: 'client' });
  const https = createServer({ ...server, ca: ca.cert, requestCert: true, rejectUnauthorized: true }, (_req, res) => res.end('ok'));
  https.listen(0, '127.0.0.1');
  await once(https, 'listening');
  const port = (https.address() as AddressInfo).port;
  const call = (options: object) =>
    new Promise<number>((resolve, reject) => {
      const req = request({ host: '127.0.0.1', port, agent: false, ...options }, (res) => resolve(res.resume().statusCode ?? 0));
      req.on('error', reject);
      req.end();
    });
  try {
    await expect(call({ ca: ca.cert, ...client })).resolves.toBe(200);
    await expect(call({ ca: ca.cert, ...client, servername: 'slipway-hub' })).resolves.toBe(200);
    await expect(call({ ca: ca.cert, ...client, servername: 'other' })).rejects.toThrow(/altnames/);
    await expect(call({ ca: (await createCa('test-ca')).cert, ...client })).rejects.toThrow();
    await expect(call({ ca: ca.cert, ...client, cert: server.cert, key: server.key })).rejects.toThrow();
  } finally {
    https.close();
  }
});

test('certificates say what they are', async () => {
  const ca = await createCa('test-ca');
  const authority = new X509Certificate(ca.cert);
  const leaf = new X509Certificate((await issueCertificate(ca, { commonName: 'hub', ipAddresses: ['10.88.0.1'], validDays: 30 })).cert);
  expect(authority.ca).toBe(true);
  expect(leaf.ca).toBe(false);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkIP('10.88.0.1')).toBe('10.88.0.1');
  expect(leaf.validToDate.getTime() - Date.now()).toBeLessThan(30 * 24 * 3600 * 1000 + 1);
});
