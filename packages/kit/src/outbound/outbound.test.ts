import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createCa, issueCertificate } from '../pki.ts';
import { createOutbound, type Outbound, type OutboundAddress, type OutboundOptions } from './outbound.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

async function listen(server: Server & { closeAllConnections?(): void }, host = '127.0.0.1'): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  open.push(() => new Promise((resolve) => void (server.close(resolve), server.closeAllConnections?.())));
  return (server.address() as AddressInfo).port;
}
const serve = (handler: RequestListener, host?: string): Promise<number> => listen(createServer(handler), host);

function outbound(options: OutboundOptions): Outbound {
  const made = createOutbound(options);
  open.push(() => made.close());
  return made;
}
const v4 = (address: string): OutboundAddress[] => [{ address, family: 4 }];
const hello = (_request: IncomingMessage, response: ServerResponse) => void response.end('hello');
const plainHttp = true;

describe('addresses in URLs', () => {
  it.each([
    ['the usual way', 'http://127.0.0.1/'],
    ['as one decimal number', 'http://2130706433/'],
    ['octal', 'http://0177.0.0.1/'],
    ['hexadecimal', 'http://0x7f.0.0.1/'],
    ['as one hexadecimal number', 'http://0x7f000001/'],
    ['shortened', 'http://127.1/'],
    ['percent-encoded', 'http://%31%32%37.0.0.1/'],
    ['in full-width digits', 'http://１２７.０.０.１/'],
    ['as IPv6', 'http://[::1]/'],
    ['IPv4 mapped into IPv6', 'http://[::ffff:127.0.0.1]/'],
    ['IPv4 mapped into IPv6, hexadecimal', 'http://[::ffff:7f00:1]/'],
    ['through NAT64', 'http://[64:ff9b::7f00:1]/'],
    ['through 6to4', 'http://[2002:7f00:1::]/'],
    ['nowhere', 'http://0.0.0.0/'],
    ['of the metadata service', 'http://169.254.169.254/latest/meta-data/'],
    ['of the metadata service, decimal', 'http://2852039166/'],
    ['with a dot at the end', 'http://127.0.0.1./'],
  ])('loopback or worse, written %s, is refused', async (_how, url) => {
    const error = outbound({}).fetch(url, { plainHttp });
    await expect(error).rejects.toMatchObject({ code: 'Forbidden', message: expect.stringMatching(/^Slipway does not connect to /) });
  });

  it.each(['file:///etc/passwd', 'gopher://example.org/', 'ftp://example.org/', 'data:text/plain,x', 'http://example.org/'])(
    'the scheme of %s is not fetched',
    (url) => expect(outbound({}).fetch(url)).rejects.toMatchObject({ code: 'Forbidden', message: expect.stringMatching(/is not fetched/) }),
  );

  it('credentials in a URL are refused', () =>
    expect(outbound({}).fetch('https://user:pw@example.org/')).rejects.toMatchObject({
      message: 'The address of example.org holds credentials.',
    }));
});

describe('names', () => {
  it('DNS rebinding: a name is looked up once for a connection, and the connection goes to the address that was checked', async () => {
    const port = await serve(hello);
    const answers = ['127.0.0.1', '127.0.0.2', '169.254.169.254'];
    let asked = 0;
    const client = outbound({
      rules: { allow: ['127.0.0.1'] },
      resolve: () => Promise.resolve(v4(answers[asked++] ?? '')),
    });
    expect(await (await client.fetch(`http://rebind.example:${port}/`, { plainHttp, headers: { connection: 'close' } })).text()).toBe(
      'hello',
    );
    expect(asked).toBe(1);
    for (const expected of ['is loopback', 'is the metadata service of a cloud']) {
      const again = client.fetch(`http://rebind.example:${port}/`, { plainHttp, headers: { connection: 'close' } });
      await expect(again).rejects.toMatchObject({
        code: 'Forbidden',
        message: `Slipway does not connect to rebind.example: its address ${expected}.`,
      });
    }
    expect(asked).toBe(3);
  });

  it('of several addresses only the allowed ones are used', async () => {
    const port = await serve(hello);
    const forbidden = await serve((_request, response) => void response.end('inside'), '127.0.0.2');
    const both = { rules: { allow: ['127.0.0.1'] }, resolve: () => Promise.resolve([...v4('127.0.0.2'), ...v4('127.0.0.1')]) };
    expect(await (await outbound(both).fetch(`http://two.example:${port}/`, { plainHttp })).text()).toBe('hello');
    await expect(outbound(both).fetch(`http://two.example:${forbidden}/`, { plainHttp })).rejects.toMatchObject({ code: 'Unavailable' });
    expect(await outbound(both).addressesOf('two.example')).toEqual(v4('127.0.0.1'));
    await expect(outbound({}).addressesOf('10.0.0.1')).rejects.toMatchObject({ code: 'Forbidden' });
  });

  it('the answer does not tell which address a name has', async () => {
    const error = await outbound({ resolve: () => Promise.resolve(v4('10.20.30.40')) })
      .fetch('https://intranet.example/')
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'Forbidden', detail: 'intranet.example is 10.20.30.40' });
    expect(String(error)).not.toContain('10.20');
  });

  it('TLS: the certificate is checked against the name, not the address', async () => {
    const ca = await createCa('test-ca', { organization: 'test' });
    const issued = await issueCertificate(ca, { commonName: 'good', organization: 'test', dnsNames: ['good.example'], usage: 'server' });
    const port = await listen(createTlsServer({ cert: issued.cert, key: issued.key }, hello));
    const options = { rules: { allow: ['127.0.0.1'] }, ca: [ca.cert], resolve: () => Promise.resolve(v4('127.0.0.1')) };
    expect(await (await outbound(options).fetch(`https://good.example:${port}/`)).text()).toBe('hello');
    await expect(outbound(options).fetch(`https://other.example:${port}/`)).rejects.toMatchObject({ code: 'Unavailable' });
    await expect(outbound({ ...options, ca: [] }).fetch(`https://good.example:${port}/`)).rejects.toMatchObject({ code: 'Unavailable' });
  });
});

describe('redirects', () => {
  const local = { rules: { allow: ['127.0.0.1'] } };

  it('to a place that is not allowed are not followed', async () => {
    for (const target of [
      'http://169.254.169.254/latest/',
      'http://[::1]/',
      'http://127.0.0.2/',
      'http://2130706434/',
      'file:///etc/passwd',
      'http://u:p@127.0.0.1/',
    ]) {
      const port = await serve((_request, response) => void response.writeHead(302, { location: target }).end());
      await expect(outbound(local).fetch(`http://127.0.0.1:${port}/`, { plainHttp }), target).rejects.toMatchObject({ code: 'Forbidden' });
    }
  });

  it('end after five, or as many as were asked for', async () => {
    let hops = 0;
    const port = await serve((_request, response) => void response.writeHead(302, { location: `/${++hops}` }).end());
    await expect(outbound(local).fetch(`http://127.0.0.1:${port}/`, { plainHttp })).rejects.toThrow(/redirects too often/);
    expect(hops).toBe(6);
    expect((await outbound(local).fetch(`http://127.0.0.1:${port}/`, { plainHttp, maxRedirects: 0 })).status).toBe(302);
    expect((await outbound(local).fetch(`http://127.0.0.1:${port}/`, { plainHttp, redirect: 'manual' })).status).toBe(302);
    expect((await outbound(local).fetch(`http://127.0.0.1:${port}/`, { plainHttp, method: 'POST', body: 'x' })).status).toBe(302);
  });

  it('to another origin leave every credential behind, on the same origin keep it', async () => {
    const seen: Record<string, unknown>[] = [];
    const there = await serve((request, response) => void (seen.push(request.headers), response.end('there')));
    const here = await serve((request, response) => {
      if (request.url === '/same')
        return void (seen.push(request.headers), response.writeHead(302, { location: `http://127.0.0.1:${there}/blob` }).end());
      response.writeHead(307, { location: '/same' }).end();
    });
    const headers = { authorization: 'Bearer secret', cookie: 's=1', 'x-api-key': 'secret', accept: 'text/plain' };
    const answer = await outbound(local).fetch(`http://127.0.0.1:${here}/`, { plainHttp, headers });
    expect(await answer.text()).toBe('there');
    expect(answer.url).toBe(`http://127.0.0.1:${there}/blob`);
    expect(seen[0]).toMatchObject(headers);
    expect(seen[1]).toMatchObject({ accept: 'text/plain' });
    expect(JSON.stringify(seen[1])).not.toMatch(/secret|s=1/);
  });

  it('from TLS to plain text are refused', async () => {
    const ca = await createCa('test-ca', { organization: 'test' });
    const issued = await issueCertificate(ca, { commonName: 'good', organization: 'test', ipAddresses: ['127.0.0.1'], usage: 'server' });
    const plain = await serve(hello);
    const port = await listen(
      createTlsServer(
        { cert: issued.cert, key: issued.key },
        (_request, response) => void response.writeHead(302, { location: `http://127.0.0.1:${plain}/` }).end(),
      ),
    );
    const answer = outbound({ ...local, ca: [ca.cert] }).fetch(`https://127.0.0.1:${port}/`, { plainHttp });
    await expect(answer).rejects.toMatchObject({ code: 'Forbidden', message: expect.stringMatching(/without encryption/) });
  });
});

describe('bounds', () => {
  const local = { rules: { allow: ['127.0.0.1'] } };

  it('a body larger than asked for is cut off, packed ones too', async () => {
    const plain = await serve((_request, response) => void response.end(Buffer.alloc(2000)));
    await expect(
      (await outbound(local).fetch(`http://127.0.0.1:${plain}/`, { plainHttp, maxBytes: 1999 })).arrayBuffer(),
    ).rejects.toMatchObject({
      code: 'TooLarge',
    });
    expect(
      (await (await outbound(local).fetch(`http://127.0.0.1:${plain}/`, { plainHttp, maxBytes: 2000 })).arrayBuffer()).byteLength,
    ).toBe(2000);
    const bomb = await serve(
      (_request, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(64 * 1024 * 1024))),
    );
    await expect(
      (await outbound(local).fetch(`http://127.0.0.1:${bomb}/`, { plainHttp, maxBytes: 1e6 })).arrayBuffer(),
    ).rejects.toMatchObject({
      code: 'TooLarge',
    });
  });

  it('an answer that does not come, or does not end, is not waited for', async () => {
    const silent = await serve(() => undefined);
    await expect(outbound(local).fetch(`http://127.0.0.1:${silent}/`, { plainHttp, timeoutMs: 50 })).rejects.toMatchObject({
      code: 'Unavailable',
      message: `127.0.0.1:${silent} cannot be reached: it took too long.`,
    });
    const endless = await serve((_request, response) => void response.write('x'));
    const answer = await outbound(local).fetch(`http://127.0.0.1:${endless}/`, { plainHttp, timeoutMs: 500 });
    await expect(answer.text()).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});

describe('through a proxy', () => {
  it('everything goes through it; addresses in URLs are still checked here', async () => {
    const ca = await createCa('test-ca', { organization: 'test' });
    const issued = await issueCertificate(ca, {
      commonName: 'charts',
      organization: 'test',
      dnsNames: ['charts.example'],
      usage: 'server',
    });
    const inside = await listen(createTlsServer({ cert: issued.cert, key: issued.key }, hello));
    const asked: string[] = [];
    const proxy = createServer((request, response) => void (asked.push(`${request.method} ${request.url}`), response.end('plain')));
    proxy.on('connect', (request: IncomingMessage, socket) => {
      asked.push(`${request.method} ${request.url}`);
      const there = connect(inside, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        there.pipe(socket).pipe(there);
      });
      there.on('error', () => socket.destroy());
      socket.on('error', () => there.destroy());
      open.push(async () => void (socket.destroy(), there.destroy()));
    });
    const resolve = () => Promise.reject(new Error('nobody looks up names here'));
    const client = outbound({ proxy: `http://127.0.0.1:${await listen(proxy)}`, ca: [ca.cert], resolve });
    expect(await (await client.fetch('https://charts.example/')).text()).toBe('hello');
    expect(await (await client.fetch('http://charts.example/', { plainHttp })).text()).toBe('plain');
    expect(asked).toEqual(['CONNECT charts.example:443', 'GET http://charts.example/']);
    await expect(client.fetch('https://169.254.169.254/')).rejects.toMatchObject({ code: 'Forbidden' });
    expect(asked).toHaveLength(2);
  });
});

/** What the guard of addresses stands on, broken: nothing is connected to in another way. */
describe('fail open: addresses', () => {
  const lookups: [string, () => Promise<readonly OutboundAddress[]>][] = [
    ['fails', () => Promise.reject(new Error('SERVFAIL'))],
    [
      'throws',
      () =>
        (() => {
          throw new Error('no resolver');
        })(),
    ],
    ['finds nothing', async () => []],
    ['gives what is no address', async () => [{ address: 'localhost', family: 4 }]],
    ['gives an address of a zone', async () => [{ address: 'fe80::1%lo', family: 6 }]],
    ['gives nothing at all', async () => undefined as never],
    ['never answers', () => new Promise(() => undefined)],
  ];
  it.each(lookups)('a lookup that %s leads nowhere, and the next one works', async (_how, lookup) => {
    let heard = 0;
    const port = await serve((request, response) => {
      heard++;
      hello(request, response);
    });
    let broken = true;
    const client = outbound({ rules: { allow: ['127.0.0.1'] }, resolve: () => (broken ? lookup() : Promise.resolve(v4('127.0.0.1'))) });
    const answer = client.fetch(`http://localhost:${port}/`, { plainHttp, timeoutMs: 1500 });
    await expect(answer).rejects.toMatchObject({ code: expect.stringMatching(/^(?:Unavailable|Forbidden)$/) });
    expect(heard).toBe(0);
    broken = false;
    expect(await (await client.fetch(`http://localhost:${port}/`, { plainHttp })).text()).toBe('hello');
  });

  it.each(['proxy', 'userProxy'] as const)('a %s that is away is not gone around', async (kind) => {
    let heard = 0;
    const port = await serve((request, response) => {
      heard++;
      hello(request, response);
    });
    const proxy = createServer((_request, response) => void response.writeHead(502).end());
    const away = await listen(proxy);
    await new Promise<void>((resolve) => proxy.close(() => resolve()));
    open.pop();
    const client = outbound({ rules: { allow: ['127.0.0.1'] }, [kind]: `http://127.0.0.1:${away}` });
    await expect(client.fetch(`http://127.0.0.1:${port}/`, { plainHttp, timeoutMs: 5000 })).rejects.toMatchObject({ code: 'Unavailable' });
    expect(heard).toBe(0);
  });

  it.each([['10.0.0.0/99'], ['*'], ['10.1']])('a rule that cannot be read (%s) ends the start instead of being left out', (rule) => {
    for (const list of ['allow', 'deny']) expect(() => createOutbound({ rules: { [list]: [rule] } })).toThrow();
  });
});
