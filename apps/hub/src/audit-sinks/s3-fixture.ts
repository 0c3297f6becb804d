import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import S3rver from 's3rver';

export const S3_ACCOUNT = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

/** s3rver does not check signatures of version 4, so the SDK's own signer does it in front: the same request, signed again by the one who knows the key. */
async function isSigned(request: IncomingMessage): Promise<boolean> {
  const authorization = request.headers.authorization ?? '';
  const [, date = ''] = /^(\d{8}T\d{6}Z)$/.exec(String(request.headers['x-amz-date'])) ?? [];
  const names = /SignedHeaders=([^,]+)/.exec(authorization)?.[1]?.split(';') ?? [];
  const url = new URL(request.url ?? '', 'http://x');
  const signer = new SignatureV4({
    service: 's3',
    region: 'eu-test-1',
    credentials: S3_ACCOUNT,
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: request.method ?? '',
      protocol: 'http:',
      hostname: 'x',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name])])),
    },
    { signingDate: new Date(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z')), signableHeaders: new Set(names) },
  );
  return (
    ['host', 'x-amz-content-sha256', 'x-amz-date'].every((name) => names.includes(name)) &&
    signed.headers['authorization'] === authorization
  );
}

/** A third-party S3 server with one bucket, `audit`, on loopback. Objects are files below `data/audit`. */
export async function startS3(): Promise<{ readonly url: string; readonly data: string; stop(): Promise<void> }> {
  const data = await mkdtemp(join(tmpdir(), 'slipway-s3-'));
  const s3 = new S3rver({ silent: true, directory: data, configureBuckets: [{ name: 'audit', configs: [] }] });
  await s3.configureBuckets();
  const handle = s3.callback();
  const server = createServer(async (request, response) => {
    if (await isSigned(request)) handle(request, response);
    else response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code><StringToSign>CANARY</StringToSign></Error>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    data,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(data, { recursive: true });
    },
  };
}
