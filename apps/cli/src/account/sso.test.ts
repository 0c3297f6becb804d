import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fieldOf, startIdentityProvider, TestBrowser, type TestIdentityProvider } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments, stringify } from 'yaml';
import { type CliHub, cliMain, startCliHub } from '../testing/cli-hub.ts';

interface Waiting {
  readonly address: string;
  readonly code: string;
  readonly ended: Promise<{ code: number | null; talk: string }>;
}

/** The walkthrough of docs/identity.md, with the address and the secret of a provider that is there. */
async function walkthrough(oidc: object): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../../../../docs/identity.md'), 'utf8');
  const [, block = ''] = /\.\/slipway apply --tenant acme -f -\n([^`]*kind: IdentityProvider[^`]*)YAML\n/.exec(text) ?? [];
  const objects = parseAllDocuments(block).map((document) => document.toJS() as { kind: string; spec: { oidc?: object } });
  return objects
    .map((one) => stringify(one.kind === 'IdentityProvider' ? { ...one, spec: { ...one.spec, oidc: { ...one.spec.oidc, ...oidc } } } : one))
    .join('---\n');
}

// Every step starts a process: on a busy machine seconds each.
describe('single sign-on from the command line, as docs/identity.md has it', { timeout: 180_000 }, () => {
  let hub: CliHub;
  let idp: TestIdentityProvider;
  const running: ChildProcess[] = [];
  const env = () => ({ ...hub.env, SLIPWAY_CONFIG: join(hub.folder, 'ada.yaml') });
  /** `login --sso` as far as it waits for a person. */
  const login = async (): Promise<Waiting> => {
    const child = spawn(
      process.execPath,
      [cliMain, 'login', hub.server, '--sso', '--tenant', 'acme', '--provider', 'corp', '--ca-file', hub.ca],
      {
        env: env(),
      },
    );
    running.push(child);
    let talk = '';
    const ended = new Promise<{ code: number | null; talk: string }>((resolve) => child.once('close', (code) => resolve({ code, talk })));
    const shown = new Promise<RegExpExecArray>((resolve, reject) => {
      child.stderr?.on('data', (chunk: Buffer) => {
        talk += chunk.toString();
        const found = /Open +(\S+)\nand type the code +(\S+)\n/.exec(talk);
        if (found) resolve(found);
      });
      child.once('close', () => reject(new Error(`login ended: ${talk}`)));
    });
    const [, address = '', code = ''] = await shown;
    return { address, code, ended };
  };
  const decide = async ({ address, code }: Waiting, decision: string): Promise<void> => {
    const browser = new TestBrowser([await readFile(hub.ca, 'utf8'), idp.ca]);
    const signIn = await browser.open(address);
    const link = /href="(\/auth\/oidc\/[^"]+)"/.exec(signIn.text)?.[1] ?? '';
    const page = await browser.open(new URL(link.replaceAll('&amp;', '&'), signIn.url));
    const confirm = await browser.submit(page, '/auth/device', { csrf: fieldOf(page, 'csrf'), code });
    expect(confirm.text).toContain('slipway-cli on');
    await browser.submit(confirm, '/auth/device/decision', { csrf: fieldOf(confirm, 'csrf'), code, decision });
  };
  beforeAll(async () => {
    hub = await startCliHub({ SLIPWAY_OUTBOUND_ALLOW: '127.0.0.1' });
    idp = await startIdentityProvider([`${hub.server}/auth/oidc/acme/corp/callback`]);
    idp.person = {
      sub: 'subject-of-ada',
      preferred_username: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      groups: ['platform-engineers'],
    };
    const oidc = { issuer: idp.issuer, clientId: idp.clientId, clientSecret: idp.clientSecret, caBundle: idp.ca };
    const tenant = { apiVersion: 'slipway.dev/v1', kind: 'Tenant', metadata: { name: 'acme' }, spec: {} };
    expect(await hub.slipway(['apply', '-f', '-'], { input: stringify(tenant) })).toMatchObject({ code: 0 });
    expect(await hub.slipway(['apply', '--tenant', 'acme', '-f', '-'], { input: await walkthrough(oidc) })).toMatchObject({ code: 0 });
  }, 300_000);
  afterAll(async () => {
    for (const child of running) if (child.exitCode === null) child.kill('SIGKILL');
    await idp?.stop();
    await hub?.stop();
  });

  it('shows a code, waits, and is signed in as who approves (E26)', async () => {
    const waiting = await login();
    expect(waiting.address).toBe(`${hub.server}/auth/device?tenant=acme&provider=corp`);
    await decide(waiting, 'approve');
    expect(await waiting.ended).toMatchObject({ code: 0, talk: expect.stringMatching(/Logged in to .* as ada/) });
    expect((await hub.slipway(['whoami'], { env: env() })).out).toMatch(/User: +ada\nGroups: .*team:platform\nTenant: +acme/);
    expect((await hub.slipway(['get', 'users', '--tenant', 'acme'])).out).toMatch(/ada +.*corp/);
  });

  it('says that it was denied', async () => {
    const waiting = await login();
    await decide(waiting, 'deny');
    expect(await waiting.ended).toMatchObject({ code: 3, talk: expect.stringContaining('denied in the browser') });
  });
});
