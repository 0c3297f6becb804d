import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as secureRequest, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { createApiClient } from '@slipway/api';
import { createCa, issueCertificate } from '@slipway/kit';
import { identityProviderKind, type NewObject, projectKind, roleBindingKind } from '@slipway/model';
import { freePorts, startIdentityProvider, type TestIdentityProvider } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ConsoleWorld, makeCluster, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

const PREFIX = '/tools/slipway';

/** A small reverse proxy that knows the hub below a path and nothing else, as an ordinary one is set up: the path is taken away, the host is kept, upgrades pass. */
function startProxy(hub: () => string, files: { cert: string; key: string }, port: number): Promise<Server> {
  const below = (incoming: IncomingMessage): string | undefined =>
    incoming.url?.startsWith(`${PREFIX}/`) === true ? incoming.url.slice(PREFIX.length) : undefined;
  const server = createServer(files, (incoming: IncomingMessage, answer: ServerResponse) => {
    const path = below(incoming);
    if (path === undefined) return void answer.writeHead(404).end('not of the hub');
    const outgoing = secureRequest(
      `${hub()}${path}`,
      { method: incoming.method, headers: incoming.headers, rejectUnauthorized: false },
      (got) => {
        answer.writeHead(got.statusCode ?? 502, got.headers);
        got.pipe(answer);
      },
    );
    outgoing.on('error', () => answer.destroy());
    answer.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    const path = below(incoming);
    if (path === undefined) return void socket.destroy();
    const { hostname, port: to } = new URL(hub());
    const upstream = connect({ host: hostname, port: Number(to), rejectUnauthorized: false }, () => {
      const lines = incoming.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1] ?? ''}`] : []));
      upstream.write(`${incoming.method ?? 'GET'} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [upstream, socket]) one.on('error', () => one.destroy());
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

describe('a console below a path, behind a proxy', () => {
  let world: ConsoleWorld;
  let proxy: Server;
  let idp: TestIdentityProvider;
  let outside = '';
  let proxyCa = '';
  let visit: Visit;
  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    outside = `https://127.0.0.1:${port}${PREFIX}`;
    world = await startConsoleWorld({ publicUrl: outside, outbound: { rules: { allow: ['127.0.0.1'] } } });
    const ca = await createCa('the proxy');
    proxyCa = ca.cert;
    const files = await issueCertificate(ca, { commonName: 'proxy', ipAddresses: ['127.0.0.1'] });
    proxy = await startProxy(() => world.hub.url, files, port);
    idp = await startIdentityProvider([`${outside}/auth/oidc/default/corp/callback`]);
    const oidc = {
      issuer: idp.issuer,
      clientId: idp.clientId,
      clientSecret: idp.clientSecret,
      caBundle: idp.ca,
      scopes: ['openid', 'profile', 'email', 'groups'],
    };
    const provider = { metadata: { name: 'corp' }, spec: { displayName: 'Corp', listed: true, oidc } };
    await world.client.create(identityProviderKind, provider as unknown as NewObject);
    await makeCluster(world.client, 'default', 'dev', { spec: { paused: true } });
    visit = await world.visit();
  });
  afterAll(async () => {
    await world?.stop();
    proxy?.closeAllConnections();
    proxy?.close();
    await idp?.stop();
  });

  const asked: string[] = [];

  it('signs in, shows, follows changes and signs out without ever leaving its path', async () => {
    const { page } = visit;
    page.on('request', (one) => asked.push(one.url()));
    await page.goto(`${outside}/console/clusters/list`);
    await page.getByLabel('User').fill('admin');
    await page.getByLabel('Password').fill('correct-horse-battery-9');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'dev', exact: true }).waitFor();
    expect(page.url()).toBe(`${outside}/console/clusters/list`);
    await makeCluster(world.client, 'default', 'fresh', { spec: { paused: true } });
    await page.getByRole('link', { name: 'fresh', exact: true }).waitFor();
    await page.getByRole('link', { name: 'fresh', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'fresh' }).waitFor();
    await page.getByRole('link', { name: 'Layers' }).click();
    await page.waitForURL(/tab=layers/);
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'fresh' }).waitFor();
    expect(page.url()).toContain(`${PREFIX}/console/clusters/list/default/fresh?tab=layers`);
    await page.getByRole('navigation', { name: 'Mode', exact: true }).getByRole('link', { name: 'Apps' }).click();
    await page.getByRole('heading', { level: 1, name: 'Apps' }).waitFor();
    await page.getByRole('button', { name: 'User menu of admin' }).click();
    await page.getByRole('link', { name: 'Your session' }).click();
    await page.getByText('You are signed in').waitFor();
    await page.getByRole('link', { name: 'Open the console' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.getByRole('button', { name: 'User menu of admin' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const elsewhere = asked.filter((url) => !url.startsWith(`${outside}/`) && !url.startsWith('data:'));
    expect(elsewhere).toEqual([]);
  });

  it('links that the hub gives lead through the proxy, and choosing a password ends in the console', async () => {
    const made = await world.client.request<{ link: string }>('/apis/slipway.dev/v1/users/admin/invitation', { method: 'POST', body: {} });
    expect(made.link.startsWith(`${outside}/auth/invitation#`)).toBe(true);
    const other = await world.visit();
    await other.page.goto(made.link);
    await other.page.getByLabel('New password').fill('violet anchor tundra 7');
    await other.page.getByLabel('The same again').fill('violet anchor tundra 7');
    await other.page.getByRole('button', { name: 'Set password' }).click();
    await other.page.getByRole('button', { name: 'User menu of admin' }).waitFor();
    expect(other.page.url().startsWith(`${outside}/console/`)).toBe(true);
    await other.context.close();
  });

  it('signs somebody in through a certified provider, back to the page they wanted', async () => {
    idp.person = { sub: 'ada', preferred_username: 'ada', name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true };
    const other = await world.visit();
    await other.page.goto(`${outside}/console/clusters/list/default/dev?tab=layers`);
    await other.page.getByRole('link', { name: 'Continue with Corp' }).click();
    await other.page.getByRole('button', { name: 'User menu of ada' }).waitFor({ timeout: PATIENCE });
    // Who comes for the first time has no role: a binding made before was of nobody, so it is given now.
    const spec = { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'ada' }] };
    await world.client.create(roleBindingKind, { metadata: { name: 'ada' }, spec } as unknown as NewObject);
    await other.page.reload();
    await other.page.getByRole('heading', { level: 1, name: 'dev' }).waitFor({ timeout: PATIENCE });
    expect(other.page.url()).toBe(`${outside}/console/clusters/list/default/dev?tab=layers`);
    await other.context.close();
  });

  it('the typed client of the command line reaches it too', async () => {
    const client = createApiClient({ server: outside, ca: proxyCa, token: world.hub.token, userAgent: 'slipway-test' });
    expect((await client.list(projectKind)).items.map(({ metadata }) => metadata.name)).toContain('default');
    client.close();
  });

  it('breaks no rule of its policy and fails nowhere', () =>
    expect(visit.wrongs.filter((wrong) => !wrong.startsWith('asked '))).toEqual([]));
});
