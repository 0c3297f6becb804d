import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterKind, identityProviderKind, projectKind, roleBindingKind, tenantKind, userKind } from '@slipway/model';
import { TestBrowser } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';

/** Classes of attack that other platforms have shipped (docs/security.md), against a whole hub. */
describe('classes of attack', () => {
  let test: TestHub;
  let mallory: string;
  beforeAll(async () => {
    test = await startTestHub('pglite');
    await test.client.create(tenantKind, { kind: 'Tenant', metadata: { name: 'acme' }, spec: {} });
    await test.client.create(userKind, { kind: 'User', metadata: { name: 'mallory' }, spec: {} });
    await test.client.create(userKind, { kind: 'User', metadata: { name: 'zoe' }, spec: {} });
    await test.client.create(projectKind, { kind: 'Project', metadata: { name: 'shop' }, spec: {} });
    await test.client.create(projectKind, { kind: 'Project', metadata: { name: 'bank' }, spec: {} });
    const spec = { role: 'project-viewer', subjects: [{ kind: 'User', name: 'mallory' }], projects: ['shop'] };
    await test.client.create(roleBindingKind, { kind: 'RoleBinding', metadata: { name: 'mallory' }, spec });
    const reds = { level: 'resource', rules: [{ resources: ['clusters'], verbs: ['*'] }] };
    await test.client.request(`${API}/roles`, {
      method: 'POST',
      body: { apiVersion: 'slipway.dev/v1', kind: 'Role', metadata: { name: 'reds' }, spec: reds },
    });
    const red = { role: 'reds', subjects: [{ kind: 'User', name: 'mallory' }], selector: 'team=red', projects: ['bank'] };
    await test.client.create(roleBindingKind, { kind: 'RoleBinding', metadata: { name: 'reds' }, spec: red });
    const cluster = {
      kind: 'Cluster',
      metadata: { name: 'there', namespace: 'bank' },
      spec: { profile: { name: 'starter', version: '1.0.0' } },
    };
    await test.client.create(clusterKind, cluster);
    mallory = (await test.hub.identity.issueToken({ name: 'mallory' })).token;
  }, 180_000);
  afterAll(() => test?.stop());

  const as = (token: string, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    requestOf({ ...test, token }, method, path, { body, headers });

  describe('enumeration', () => {
    /** What is there and out of reach, beside what is not there. */
    const PAIRS: [string, string, string, string, string?][] = [
      ['a cluster', 'GET', `${API}/namespaces/bank/clusters/NAME`, 'there'],
      ['a cluster to delete', 'DELETE', `${API}/namespaces/bank/clusters/NAME`, 'there'],
      ['a cluster to change', 'PATCH', `${API}/namespaces/bank/clusters/NAME`, 'there', '{"spec":{"drift":"report"}}'],
      ['a tenant', 'GET', `/tenants/NAME${API}/projects`, 'acme'],
      ['a project', 'GET', `${API}/projects/NAME`, 'bank'],
      ['clusters of a project', 'GET', `${API}/namespaces/NAME/secrets`, 'bank'],
      ['a user', 'GET', `${API}/users/NAME`, 'zoe'],
    ];
    const ABSENT = 'nosuch';

    it.each(PAIRS)(
      '%s that is out of reach is answered to the letter like one that is not there',
      async (_what, method, path, name, body) => {
        const headers = body === undefined ? {} : { 'content-type': 'application/merge-patch+json' };
        const answers = await Promise.all([name, ABSENT].map((one) => as(mallory, method, path.replace('NAME', one), body, headers)));
        const [hidden, absent] = answers.map(({ status, text, headers: own }, n) => ({
          status,
          text: text.replaceAll([name, ABSENT][n] ?? '', '<name>'),
          headers: Object.keys(own).toSorted(),
          length: Number(own['content-length']) - ([name, ABSENT][n] ?? '').length * (text.split([name, ABSENT][n] ?? '').length - 1),
        }));
        expect(hidden).toEqual(absent);
        expect([403, 404]).toContain(hidden?.status);
      },
    );

    it.each(PAIRS)('%s cannot be told by time', async (_what, method, path, name, body) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/merge-patch+json' };
      const once = async (one: string) => {
        const from = performance.now();
        await as(mallory, method, path.replace('NAME', one), body, headers);
        return performance.now() - from;
      };
      for (let n = 0; n < 10; n++) for (const one of [name, ABSENT]) await once(one);
      // One after the other in turns, so that what else the machine does meets both alike; which of a pair is first takes turns too.
      let quicker = 0;
      const differences: number[] = [];
      const PAIRS_SENT = 300;
      for (let n = 0; n < PAIRS_SENT; n++) {
        const order = n % 2 === 0 ? [name, ABSENT] : [ABSENT, name];
        const times = new Map<string, number>();
        for (const one of order) times.set(one, await once(one));
        const difference = (times.get(name) ?? 0) - (times.get(ABSENT) ?? 0);
        differences.push(difference);
        if (difference < 0) quicker += 1;
      }
      const sorted = differences.toSorted((a, b) => a - b);
      const median = sorted[PAIRS_SENT / 2] ?? 0;
      // Sign test: of 300 fair coins fewer than 100 or more than 200 fall one way once in a hundred million. A real difference shows in both, and in the median.
      const tells = (quicker < 100 || quicker > 200) && Math.abs(median) > 0.3;
      expect(tells, `median ${median.toFixed(3)} ms, ${quicker} of ${PAIRS_SENT} quicker`).toBe(false);
    });

    it('the measure sees a difference when there is one: a list of everything beside nothing', async () => {
      const once = async (path: string) => {
        const from = performance.now();
        await requestOf(test, 'GET', path);
        return performance.now() - from;
      };
      let quicker = 0;
      for (let n = 0; n < 300; n++) {
        const slow = await once('/openapi/v3/apis/slipway.dev/v1');
        if (slow < (await once('/healthz'))) quicker += 1;
      }
      expect(quicker).toBeLessThan(100);
    });
  });

  describe('XSS', () => {
    const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>`;
    /** Tags with the names of their attributes: what a page is made of, whatever it says. */
    const skeleton = (html: string): string[] =>
      [...html.matchAll(/<([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*\/?>/gi)].map(
        ([, tag = '', attributes = '']) =>
          `${tag} ${[...attributes.matchAll(/([a-z-]+)(?:="[^"]*")?/gi)].map(([, name]) => name).join(',')}`,
      );
    const addresses = (html: string): string[] =>
      [...html.matchAll(/\s(?:href|action|src)="([^"]*)"|content="0; url=([^"]*)"/gi)].map(([, one, other]) => one ?? other ?? '');
    const PAGES = (text: string): string[] => [
      `/auth/sign-in?tenant=${text}`,
      `/auth/sign-in?tenant=default&returnTo=${text}`,
      `/auth/sign-in?tenant=default&provider=${text}`,
      `/auth/device?tenant=${text}&provider=${text}`,
      `/auth/oidc/${text}/${text}/start`,
      `/auth/oidc/default/corp/callback?error=${text}&error_description=${text}&state=${text}`,
      `/auth/invitation?x=${text}`,
    ];

    it.each(PAGES('X').map((page, n) => [page, n] as const))(
      'in %s: hostile text changes nothing of what the page is made of',
      async (_page, n) => {
        const browser = new TestBrowser([test.hub.ca]);
        const plain = await browser.open(`${test.url}${PAGES('plain')[n]}`);
        for (const text of [HOSTILE, 'javascript:alert(1)', '//evil.example', '\\\\evil.example', '</title><svg onload=alert(1)>']) {
          const page = await new TestBrowser([test.hub.ca]).open(`${test.url}${PAGES(encodeURIComponent(text))[n]}`);
          expect(page.status, text).toBe(plain.status);
          if (!String(page.headers['content-type']).startsWith('text/html')) {
            expect(page.headers['x-content-type-options']).toBe('nosniff');
            continue;
          }
          expect(skeleton(page.text), text).toEqual(skeleton(plain.text));
          for (const address of addresses(page.text)) expect(address, text).toMatch(/^(?:\/(?![/\\])|data:|https:\/\/127\.0\.0\.1)/);
          const policy = String(page.headers['content-security-policy']);
          expect(policy).toMatch(/default-src 'none'/);
          expect(policy).not.toMatch(/unsafe-|\*|https?:/);
        }
      },
    );

    it('in the name that an identity provider shows', async () => {
      const spec = { displayName: HOSTILE, listed: true, oidc: { issuer: 'https://login.example', clientId: 'x' } };
      await test.client.create(identityProviderKind, { kind: 'IdentityProvider', metadata: { name: 'corp' }, spec });
      const page = await new TestBrowser([test.hub.ca]).open(`${test.url}/auth/sign-in?tenant=default`);
      expect(page.text).toContain('&lt;script&gt;alert(1)');
      expect(page.text).not.toMatch(/<script|<img|onerror=alert\(1\)>(?!&)/);
    });

    it.each([
      'javascript:alert(1)',
      'JAVASCRIPT://x/%0aalert(1)',
      'data:text/html,<script>alert(1)</script>',
      'vbscript:x',
      ' javascript:alert(1)',
    ])('`%s` is no address in any field that holds one', async (url) => {
      const fields: [string, object][] = [
        ['identityproviders', { oidc: { issuer: url, clientId: 'x' } }],
        ['registries', { type: 'helm', url }],
        ['registries', { type: 'oci', url }],
        ['registries', { type: 'git', url }],
        ['auditsinks', { type: 'otlp', url }],
        ['auditsinks', { type: 's3', endpoint: url, bucket: 'audit', accessKeyId: 'a', secretAccessKey: 'b' }],
      ];
      for (const [resource, spec] of fields) {
        const kind = { identityproviders: 'IdentityProvider', registries: 'Registry', auditsinks: 'AuditSink' }[resource];
        const answer = await requestOf(test, 'POST', `${API}/${resource}?dryRun=All`, {
          body: { apiVersion: 'slipway.dev/v1', kind, metadata: { name: 'x' }, spec },
        });
        expect([answer.status, answer.text], JSON.stringify(spec)).toEqual([422, expect.stringMatching(/url|issuer|endpoint/)]);
      }
    });
  });

  it('shared default credentials: two fresh hubs have no key, token, certificate or password in common, and nobody can sign in before somebody is let in', async () => {
    const other = await startTestHub('pglite');
    try {
      const of = async (home: string) =>
        Promise.all(
          ['keys/encryption.json', 'keys/plan-signing.pem', 'keys/audit-signing.pem', 'pki/ca.key'].map((file) =>
            readFile(join(home, 'hub', file), 'utf8'),
          ),
        );
      const [one, two] = [await of(test.home), await of(other.home)];
      for (const [n, text] of one.entries()) expect(text).not.toBe(two[n]);
      expect(test.token).not.toBe(other.token);
      expect((await as(test.token, 'GET', `${API}/projects`)).status).toBe(200);
      expect((await requestOf({ ...other, token: test.token }, 'GET', `${API}/projects`)).status).toBe(401);
      for (const user of ['admin', 'root', 'slipway', 'system'])
        for (const password of ['', 'admin', 'password', 'slipway', 'changeme', user]) {
          const answer = await requestOf(other, 'POST', '/auth/login', { anonymous: true, body: { user, password, session: 'token' } });
          expect([400, 401, 422, 429], `${user} ${password}`).toContain(answer.status);
        }
    } finally {
      await other.stop();
    }
  });

  describe('injection', () => {
    const HOSTILE = [
      '$(id)',
      '`id`',
      '; id',
      '| id',
      '--help',
      '-o/tmp/x',
      '{{ .Values }}',
      '${jndi:x}',
      "'; drop table objects; --",
      'a\nb: c',
      '../../etc/passwd',
      '%2e%2e%2f',
      '\u0000',
      'a\r\nx-evil: 1',
    ];

    it.each(HOSTILE)('a name %j is refused wherever a name goes, and labels and queries take it as text or not at all', async (text) => {
      const encoded = encodeURIComponent(text);
      const registry = (metadata: object) => ({ apiVersion: 'slipway.dev/v1', kind: 'Registry', metadata, spec: { type: 'builtin' } });
      expect((await requestOf(test, 'POST', `${API}/registries`, { body: registry({ name: text }) })).status).toBe(422);
      expect((await requestOf(test, 'POST', `${API}/registries`, { body: registry({ name: 'ok', labels: { a: text } }) })).status).toBe(
        422,
      );
      for (const path of [
        `${API}/registries/${encoded}`,
        `${API}/namespaces/${encoded}/clusters`,
        `${API}/registries?labelSelector=${encoded}`,
        `${API}/registries?fieldSelector=${encoded}`,
        `${API}/registries?continue=${encoded}`,
        `${API}/registries?resourceVersion=${encoded}`,
        `${API}/auditchain/records?name=${encoded}`,
        `${API}/auditrecords?fieldSelector=spec.user.name=${encoded}`,
        `/tenants/${encoded}${API}/registries`,
        `${API}/namespaces/default/clusters/${encoded}/kubeconfig`,
      ]) {
        const answer = await requestOf(test, 'GET', path);
        expect(answer.status, path).toBeLessThan(500);
        expect(answer.headers['x-evil']).toBeUndefined();
      }
      expect((await requestOf(test, 'GET', `${API}/registries`)).status).toBe(200);
    });

    it('a kubeconfig is one cluster, one user and one context, at this hub', async () => {
      const path = `${API}/namespaces/bank/clusters/there/kubeconfig`;
      const answer = await requestOf(test, 'GET', path);
      const config = parse(answer.text);
      expect(Object.keys(config).toSorted()).toEqual(['apiVersion', 'clusters', 'contexts', 'current-context', 'kind', 'users']);
      expect(config.clusters).toHaveLength(1);
      expect(new URL(config.clusters[0].cluster.server).pathname).toBe(`${API}/namespaces/bank/clusters/there/proxy`);
    });
  });
});
