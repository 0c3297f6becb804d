import { request as httpsRequest, Agent } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createCa, issueCertificate, silentLogger, sleep } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createListeners } from './listeners.ts';

async function certificateOf() {
  const ca = await createCa('test', { organization: 'test' });
  return issueCertificate(ca, {
    commonName: 'hub',
    organization: 'test',
    dnsNames: ['localhost'],
    ipAddresses: ['127.0.0.1'],
    usage: 'server',
  });
}

describe('listeners', () => {
  const stopping = new AbortController();
  let listeners: ReturnType<typeof createListeners>;
  let port = 0;
  const upgrades: string[] = [];
  beforeAll(async () => {
    listeners = createListeners({
      certificate: await certificateOf(),
      handler: (request, response) => void request.resume().on('end', () => response.end('ok')),
      onUpgrade: (request, socket) => {
        upgrades.push(request.headers.origin ?? 'none');
        socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      },
      logger: silentLogger,
      limits: { handshake: 400, headers: 400, request: 900 },
    });
    port = (await listeners.listen([{ host: '127.0.0.1', port: 0 }], stopping.signal))[0]?.port ?? 0;
  });
  afterAll(async () => {
    stopping.abort();
    await listeners.close(100);
  });

  const tls = () => connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  const ended = (socket: {
    once(event: 'close', listener: () => void): unknown;
    resume(): unknown;
    on(event: 'error', listener: () => void): unknown;
  }) =>
    new Promise<string>((resolve) => {
      socket.on('error', () => undefined);
      socket.resume();
      socket.once('close', () => resolve('closed'));
    });

  it('ends connections that say nothing, half a request, or a body that never comes', async () => {
    const silent = connectTcp(port, '127.0.0.1');
    const half = tls();
    half.write('GET / HTTP/1.1\r\nhost: x\r\n');
    const bodyless = tls();
    bodyless.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc');
    expect(await Promise.all([silent, half, bodyless].map(ended))).toEqual(['closed', 'closed', 'closed']);
  });

  it('keeps a connection that is idle between two requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false });
    const get = () =>
      new Promise<number | undefined>((resolve, reject) => {
        httpsRequest({ port, host: '127.0.0.1', agent }, (response) => {
          const { localPort } = response.socket;
          response.resume().on('end', () => resolve(localPort));
        })
          .on('error', reject)
          .end();
      });
    const first = await get();
    await sleep(1500);
    expect(await get()).toBe(first);
    agent.destroy();
  });

  it('takes upgrades of its own pages and of programs, and none of foreign pages', async () => {
    const upgrade = (origin: string | undefined) =>
      new Promise<string>((resolve) => {
        const socket = tls();
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('error', () => undefined);
        socket.once('close', () => resolve(text.split('\r\n')[0] ?? ''));
        socket.write(
          `GET /x HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: upgrade\r\nupgrade: websocket\r\n${origin === undefined ? '' : `origin: ${origin}\r\n`}\r\n`,
        );
      });
    expect(await upgrade(undefined)).toContain('101');
    expect(await upgrade(`https://localhost:${port}`)).toContain('101');
    for (const foreign of [
      'https://evil.example',
      `http://localhost:${port}`,
      'null',
      `https://localhost:${port}.evil.example`,
      'https://localhost',
    ])
      expect(await upgrade(foreign), foreign).toContain('403');
    expect(upgrades).toEqual(['none', `https://localhost:${port}`]);
  });

  it('stop after the grace time, whatever is connected: shaking hands, upgraded, or silent', async () => {
    const own = createListeners({
      certificate: await certificateOf(),
      handler: () => undefined,
      onUpgrade: (_request, socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'),
      logger: silentLogger,
      limits: { handshake: 3_600_000 },
    });
    const [bound] = await own.listen([{ host: '127.0.0.1', port: 0 }], stopping.signal);
    const silent = connectTcp(bound?.port ?? 0, '127.0.0.1');
    const shaken = connectTls({ port: bound?.port ?? 0, host: '127.0.0.1', rejectUnauthorized: false });
    const upgraded = connectTls({ port: bound?.port ?? 0, host: '127.0.0.1', rejectUnauthorized: false });
    upgraded.write('GET /x HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    await new Promise((resolve) => upgraded.once('data', resolve));
    const all = Promise.all([silent, shaken, upgraded].map(ended));
    // Hands are shaken for the first time when the listeners are closing already.
    const late = connectTcp(bound?.port ?? 0, '127.0.0.1');
    await new Promise((resolve) => late.once('connect', resolve));
    const closing = own.close(200);
    connectTls({ socket: late, rejectUnauthorized: false }).on('error', () => undefined);
    await closing;
    expect(await all).toEqual(['closed', 'closed', 'closed']);
  });
});
