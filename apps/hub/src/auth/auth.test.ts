import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import type { Logger } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RawAnswer, requestOf, startTestHub, type TestHub } from '../testing/test-hub.ts';

const GOOD = 'violet anchor tundra 7';
const BETTER = 'quartz meadow lantern 9';
const API = '/apis/slipway.dev/v1';

describe('signing in', () => {
  let hub: TestHub;
  const lines: string[] = [];
  const logger: Logger = {
    debug: (...all) => void lines.push(JSON.stringify(all)),
    info: (...all) => void lines.push(JSON.stringify(all)),
    warn: (...all) => void lines.push(JSON.stringify(all)),
    error: (...all) => void lines.push(JSON.stringify(all)),
    child: () => logger,
  };
  const admin = (method: string, path: string, body?: unknown) => requestOf(hub, method, path, { body });
  /** Without the admin's token. */
  const plain = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    requestOf(hub, method, path, { body, headers, anonymous: true });
  const as = (token: string, method: string, path: string, body?: unknown) => requestOf({ ...hub, token }, method, path, { body });
  const json = (answer: RawAnswer) => JSON.parse(answer.text) as Record<string, any>;
  const addUser = async (name: string, password = GOOD) => {
    expect((await admin('POST', `${API}/users`, { kind: 'User', metadata: { name }, spec: {} })).status).toBe(201);
    const { link } = json(await admin('POST', `${API}/users/${name}/invitation`, {}));
    const token = (link as string).split('#')[1];
    expect((await plain('POST', '/auth/invitation', { token, newPassword: password })).status).toBe(200);
  };
  const signIn = async (user: string, password = GOOD) => {
    const answer = await plain('POST', '/auth/login', { user, password, session: 'token' });
    expect(answer.status, answer.text).toBe(200);
    return json(answer) as { token: string; session: string };
  };
  const records = async () => json(await admin('GET', `${API}/auditrecords?limit=500`)).items.map(({ spec }: any) => spec) as any[];

  beforeAll(async () => {
    hub = await startTestHub('pglite', logger, { trustedProxies: ['127.0.0.1'] });
    await addUser('ada');
  }, 180_000);
  afterAll(() => hub.stop());

  it('a browser gets a cookie that no script reads, and the token nowhere else', async () => {
    const answer = await plain('POST', '/auth/login', { user: 'ada', password: GOOD });
    expect(json(answer)).toMatchObject({ user: 'ada', tenant: 'default', csrfToken: expect.any(String) });
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^__Host-slipway-session=sws_\S+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400$/);
    expect(answer.text).not.toContain('sws_');
  });

  it('what a browser brought along before is worth nothing after (session fixation)', async () => {
    const planted = `sws_${'0'.repeat(16)}_${'A'.repeat(43)}`;
    const answer = await plain('POST', '/auth/login', { user: 'ada', password: GOOD }, { cookie: `__Host-slipway-session=${planted}` });
    expect(answer.headers['set-cookie']?.[0]).not.toContain(planted);
    expect((await plain('GET', '/auth/session', undefined, { cookie: `__Host-slipway-session=${planted}` })).status).toBe(401);
  });

  it('a foreign page can do nothing with a visitor’s cookie (CSRF)', async () => {
    const answer = await plain('POST', '/auth/login', { user: 'ada', password: GOOD });
    const cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] as string;
    const { csrfToken } = json(answer);
    const own = { cookie, origin: hub.url, 'sec-fetch-site': 'same-origin', 'x-slipway-csrf': csrfToken };
    const key = { kind: 'ApiKey', metadata: { generateName: 'k-' }, spec: { owner: { kind: 'User', name: 'ada' } } };
    const make = (headers: Record<string, string>) => plain('POST', `${API}/apikeys`, key, headers);
    expect((await plain('GET', '/auth/session', undefined, { cookie })).text).toContain(csrfToken);
    expect((await make(own)).status).toBe(201);
    for (const wrong of [
      { ...own, origin: 'https://evil.example' },
      { ...own, origin: 'null' },
      { ...own, 'sec-fetch-site': 'cross-site' },
      { ...own, 'sec-fetch-site': 'same-site' },
      { ...own, 'x-slipway-csrf': '' },
      { ...own, 'x-slipway-csrf': 'x'.repeat(43) },
      { cookie, 'x-slipway-csrf': csrfToken },
      { cookie },
    ])
      expect((await make(wrong)).status, JSON.stringify(wrong)).toBe(403);
    expect((await plain('GET', `${API}/apikeys`, undefined, { cookie, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    const foreign = { user: 'ada', password: GOOD };
    expect((await plain('POST', '/auth/login', foreign, { origin: 'https://evil.example' })).status, 'login CSRF').toBe(403);
    expect((await plain('POST', '/auth/login', 'user=ada', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
    expect((await plain('POST', '/auth/logout', {}, own)).headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await plain('GET', '/auth/session', undefined, { cookie })).status, 'after signing out').toBe(401);
  });

  it('a WebSocket takes the cookie from the hub’s own pages only', async () => {
    const answer = await plain('POST', '/auth/login', { user: 'ada', password: GOOD });
    const cookie = (answer.headers['set-cookie']?.[0] ?? '').split(';')[0] as string;
    const path = `${API}/namespaces/default/clusters/none/proxy/api`;
    const upgrade = (headers: Record<string, string>) => upgradeStatus(hub, path, { cookie, ...headers });
    expect(await upgrade({ origin: 'https://evil.example' })).toBe(403);
    // Programs send no Origin, but no cookie either.
    expect(await upgrade({})).toBe(403);
    // Let in, and then told what ada may not.
    expect(await upgrade({ origin: hub.url })).toBe(403);
    expect(await upgradeStatus(hub, path, { cookie: 'a=b', origin: hub.url })).toBe(401);
    const reasons = (await records()).filter(({ verb }) => verb === 'connect').map(({ user }) => user.name);
    expect(reasons).toContain('ada');
  });

  it('who is not there is answered like a wrong password, to the letter (enumeration)', async () => {
    const answers = await Promise.all(
      ['ada', 'nobody'].map(async (user) => {
        const { status, headers, text } = await plain('POST', '/auth/login', { user, password: 'wrong' });
        const { 'x-request-id': _id, date: _date, ...rest } = headers;
        return { status, text, rest };
      }),
    );
    expect(answers[0]?.status).toBe(401);
    expect(answers[1]).toEqual(answers[0]);
    expect((await plain('POST', '/auth/login', { tenant: 'nowhere', user: 'ada', password: GOOD })).text).toEqual(answers[0]?.text);
  });

  it('guessing is slowed down, said with Retry-After, and recorded (brute force)', async () => {
    await addUser('guessed');
    const attempt = () => plain('POST', '/auth/login', { user: 'guessed', password: 'wrong' });
    const statuses: number[] = [];
    let blocked = await attempt();
    // The first wait is a second, which a busy machine may let pass; the ones after it grow.
    for (; blocked.status === 401 && statuses.length < 15; blocked = await attempt()) statuses.push(blocked.status);
    expect(statuses.length).toBeGreaterThanOrEqual(6);
    expect([blocked.status, Number(blocked.headers['retry-after']) >= 1]).toEqual([429, true]);
    const seen = (await records()).filter(({ object }) => object?.name === 'guessed' && object.resource === 'users');
    expect(seen.map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual(
      expect.arrayContaining(['sign-in denied', 'lock-out denied', 'accept-invitation ok']),
    );
  });

  it('a link works once, and what opens it is a page that runs nothing else (reuse of a link)', async () => {
    await admin('POST', `${API}/users`, { kind: 'User', metadata: { name: 'linked' }, spec: {} });
    const first = json(await admin('POST', `${API}/users/linked/invitation`, {})).link as string;
    const second = json(await admin('POST', `${API}/users/linked/invitation`, { validForSeconds: 3600 })).link as string;
    expect(json(await admin('GET', `${API}/users/linked/invitation`))).toMatchObject({ createdBy: 'admin' });
    const accept = (link: string, newPassword = GOOD) => plain('POST', '/auth/invitation', { token: link.split('#')[1], newPassword });
    expect((await accept(first)).status).toBe(404);
    expect((await accept(second, 'password1234')).status).toBe(422);
    expect((await accept(second)).status).toBe(200);
    expect((await accept(second)).status).toBe(404);
    expect((await admin('GET', `${API}/users/linked/invitation`)).status).toBe(404);
    const page = await plain('GET', new URL(second).pathname);
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'sha256-.*frame-ancestors 'none'/);
    expect(page.text).not.toContain('swi_');
    for (const path of [first, second].map((link) => link.split('#')[1] as string))
      expect(lines.some((line) => line.includes(path.slice(-43)))).toBe(false);
  });

  it('everybody sees and ends their own sessions; an admin others’; nobody else', async () => {
    await addUser('eve');
    const [one, two, eve] = [await signIn('ada'), await signIn('ada'), await signIn('eve')];
    const mine = json(await as(one.token, 'GET', `${API}/users/ada/sessions`)).items as { id: string; current: boolean }[];
    expect(mine.filter(({ current }) => current).map(({ id }) => id)).toEqual([one.session]);
    expect(mine.map(({ id }) => id)).toContain(two.session);
    for (const path of ['ada/sessions', `ada/sessions?session=${one.session}`, 'nobody/sessions'])
      expect((await as(eve.token, 'DELETE', `${API}/users/${path}`)).status, path).toBe(403);
    expect((await as(eve.token, 'DELETE', `${API}/users/eve/sessions?session=${one.session}`)).status).toBe(404);
    expect((await as(one.token, 'DELETE', `${API}/users/ada/sessions?session=${two.session}`)).status).toBe(200);
    expect((await as(two.token, 'GET', '/auth/session')).status).toBe(401);
    expect((await as(one.token, 'GET', '/auth/session')).status).toBe(200);
    expect(json(await admin('DELETE', `${API}/users/ada/sessions`)).ended).toContain(one.session);
    expect((await as(one.token, 'GET', '/auth/session')).status).toBe(401);
  });

  it('a proxy that is trusted says from where somebody signs in', async () => {
    const from = { 'x-forwarded-for': '198.51.100.1, 203.0.113.9' };
    const signedIn = json(await plain('POST', '/auth/login', { user: 'eve', password: GOOD, session: 'token' }, from));
    const [newest] = json(await as(signedIn.token, 'GET', `${API}/users/eve/sessions`)).items;
    // The nearest one that is not a trusted proxy itself: what stands before it anybody can write.
    expect(newest).toMatchObject({ id: signedIn.session, address: '203.0.113.9' });
    const found = (await records()).find(({ verb, user }) => verb === 'sign-in' && user.auth?.id === signedIn.session);
    expect(found.source.ip).toBe('203.0.113.9');
  });

  it('a changed password ends the other sessions, and asks for the one before', async () => {
    await addUser('changer');
    const [here, there] = [await signIn('changer'), await signIn('changer')];
    const change = (currentPassword: string) => as(here.token, 'POST', '/auth/password', { currentPassword, newPassword: BETTER });
    expect((await change('wrong')).status).toBe(401);
    expect((await change(GOOD)).status).toBe(200);
    expect((await as(there.token, 'GET', '/auth/session')).status).toBe(401);
    expect((await as(here.token, 'GET', '/auth/session')).status).toBe(200);
    await signIn('changer', BETTER);
    expect((await admin('POST', '/auth/password', { currentPassword: 'x', newPassword: BETTER })).status, 'by a token').toBe(403);
  });

  it('a disabled user’s sessions and their open watches end within seconds (session after disable)', async () => {
    await addUser('leaver');
    const { token } = await signIn('leaver');
    const watch = await openWatch(hub, token, `${API}/apikeys?watch=true`);
    expect(watch.status).toBe(200);
    const patch = { spec: { disabled: true } };
    const disabled = await requestOf(hub, 'PATCH', `${API}/users/leaver`, {
      body: patch,
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(disabled.status).toBe(200);
    expect((await as(token, 'GET', '/auth/session')).status).toBe(401);
    const started = performance.now();
    // By itself it would go on.
    await watch.ended;
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('people make, use and end keys of their own, and see nobody else’s', async () => {
    await addUser('maker');
    const maker = await signIn('maker');
    const eve = await signIn('eve');
    const key = (name: string, owner: string) => ({
      kind: 'ApiKey',
      metadata: { name },
      spec: { owner: { kind: 'User', name: owner }, scope: { rules: [{ resources: ['users'], verbs: ['get'] }] } },
    });
    expect((await as(maker.token, 'POST', `${API}/apikeys`, key('mine', 'maker'))).status).toBe(201);
    expect((await as(maker.token, 'POST', `${API}/apikeys`, key('theirs', 'eve'))).status).toBe(403);
    const { token } = json(await as(maker.token, 'POST', `${API}/apikeys/mine/token`, {}));
    expect((await as(token, 'GET', `${API}/users/maker`)).status).toBe(200);
    expect((await as(token, 'GET', `${API}/apikeys`)).status, 'beyond its scope').toBe(403);
    expect(json(await as(maker.token, 'GET', `${API}/apikeys`)).items).toHaveLength(1);
    expect(json(await as(eve.token, 'GET', `${API}/apikeys`)).items).toEqual([]);
    for (const [method, path] of [
      ['GET', 'apikeys/mine'],
      ['POST', 'apikeys/mine/token'],
      ['DELETE', 'apikeys/mine'],
    ] as const)
      expect((await as(eve.token, method, `${API}/${path}`, method === 'POST' ? {} : undefined)).status, `${method} ${path}`).toBe(404);
    expect((await as(maker.token, 'DELETE', `${API}/apikeys/mine`)).status).toBe(200);
    expect((await as(token, 'GET', `${API}/users/maker`)).status).toBe(401);
  });

  it('no password, token or link is in the log or the audit; every step is in the audit', async () => {
    const password = `${randomBytes(12).toString('hex')} unguessed`;
    await addUser('careful', password);
    const { token } = await signIn('careful', password);
    await plain('POST', '/auth/login', { user: `not-a-user-${password.slice(0, 10)}`, password: `${password}!` });
    expect((await as(token, 'POST', '/auth/logout', {})).status).toBe(200);
    const told = `${lines.join('\n')}\n${JSON.stringify(await records())}`;
    for (const secret of [password, password.slice(0, 10), token.slice(-43)]) expect(told.includes(secret), secret).toBe(false);
    const steps = (await records()).filter(({ object }) => object?.name === 'careful').map(({ verb, outcome }) => `${verb} ${outcome}`);
    expect(steps).toEqual(expect.arrayContaining(['accept-invitation ok', 'sign-in ok', 'sign-out ok', 'create ok']));
  });
});

/** A watch that has been answered and goes on. */
function openWatch({ url, hub }: TestHub, token: string, path: string): Promise<{ status: number | undefined; ended: Promise<void> }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${url}${path}`, { ca: hub.ca, headers: { authorization: `Bearer ${token}` } }, (response) => {
      const ended = new Promise<void>((done) => response.once('close', () => done()));
      response.on('error', () => undefined).resume();
      resolve({ status: response.statusCode, ended });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** The status that an upgrade request is answered with. */
function upgradeStatus({ url, hub }: TestHub, path: string, headers: Record<string, string>): Promise<number> {
  const { hostname, port, host } = new URL(url);
  const all = {
    host,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    ...headers,
  };
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: hostname, port: Number(port), ca: hub.ca }, () => {
      socket.write(
        `GET ${path} HTTP/1.1\r\n${Object.entries(all)
          .map(([name, value]) => `${name}: ${value}\r\n`)
          .join('')}\r\n`,
      );
    });
    socket.once('data', (data: Buffer) => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(data.toString())?.[1]));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
