import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiClient } from '@slipway/api';
import { ensureConsole } from '@slipway/forge';
import { type ApiObject, clusterKind, type NewObject, projectKind, userKind } from '@slipway/model';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { startTestHub, type TestHub } from '../../apps/hub/src/testing/test-hub.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Of everybody in these tests. */
export const PASSWORD = 'correct-horse-battery-9';
/** Patience with a machine that does other things too. */
export const PATIENCE = Number(process.env['SLIPWAY_TEST_PATIENCE'] ?? 60_000);

/** A real hub that serves the console as it is built for production, and a browser before it. */
export interface ConsoleWorld {
  readonly hub: TestHub;
  readonly client: ApiClient;
  readonly browser: Browser;
  readonly consoleDir: string;
  /** A page of a browser that nobody has used; with the path, signed in there. */
  visit(path?: string, options?: Parameters<Browser['newContext']>[0]): Promise<Visit>;
  stop(): Promise<void>;
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page asked of other hosts, complained of or failed with. */
  readonly wrongs: readonly string[];
}

export async function startConsoleWorld(more: Parameters<typeof startTestHub>[2] = {}): Promise<ConsoleWorld> {
  const consoleDir = await builtConsole();
  const hub = await startTestHub('pglite', undefined, { ...more, consoleDir });
  await hub.hub.identity.accounts.setPassword({ tenant: 'default', name: 'admin' }, PASSWORD);
  const { browser, visit, close } = await openBrowser({ url: hub.url, user: 'admin', password: PASSWORD });
  return {
    hub,
    client: hub.client,
    browser,
    consoleDir,
    visit,
    async stop() {
      await close();
      await hub.stop();
    },
  };
}

/** The console as it is built for production. */
export async function builtConsole(): Promise<string> {
  // Of this checkout: old builds are forgotten, and another checkout's are not ours to forget.
  const cacheDir = join(ROOT, 'node_modules/.cache/slipway-console');
  await mkdir(cacheDir, { recursive: true });
  return (await ensureConsole({ repoRoot: ROOT, cacheDir })).path;
}

/** Debian's Chromium before a hub. */
export async function openBrowser({ url, user, password }: { readonly url: string; readonly user: string; readonly password: string }) {
  const profile = await mkdtemp(join(tmpdir(), 'slipway-browser-'));
  const browser = await chromium.launch({
    executablePath: process.env['SLIPWAY_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    timeout: PATIENCE,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    env: { ...process.env, HOME: profile },
  });
  const visit: ConsoleWorld['visit'] = async (path, options = {}) => {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    page.setDefaultNavigationTimeout(PATIENCE);
    const wrongs = watched(page, url);
    if (path !== undefined) await signIn(page, `${url}/console${path}`, { user, password });
    return { page, context, wrongs };
  };
  return {
    browser,
    visit,
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Through the hub's own sign-in page, where the console sends who is not signed in. */
export async function signIn(page: Page, url: string, who = { user: 'admin', password: PASSWORD }): Promise<void> {
  await page.goto(url);
  await page.getByLabel('User').fill(who.user);
  await page.getByLabel('Password').fill(who.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((now) => now.pathname.startsWith('/console'));
  await page.getByRole('heading', { level: 1 }).waitFor();
}

function watched(page: Page, hub: string): string[] {
  const wrongs: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(hub) && !request.url().startsWith('data:')) wrongs.push(`asked ${request.url()}`);
  });
  page.on('pageerror', (error) => wrongs.push(`failed: ${error.message}`));
  page.on('console', (message) => {
    // A refused or ended request is also told there; what matters of those is what the page makes of them.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      wrongs.push(
        `on ${page.url().slice(hub.length)} said: ${message.text()} (${message.location().url.slice(hub.length)}:${message.location().lineNumber})`,
      );
  });
  return wrongs;
}

export async function makeProject(client: ApiClient, name: string): Promise<void> {
  await client.create(projectKind, { metadata: { name }, spec: {} } as unknown as NewObject);
}

/** A cluster as somebody declares it; the hub's own controllers say what becomes of it. */
export function makeCluster(
  client: ApiClient,
  project: string,
  name: string,
  more: { labels?: Record<string, string>; spec?: object } = {},
): Promise<ApiObject> {
  const metadata = { name, namespace: project, ...(more.labels === undefined ? {} : { labels: more.labels }) };
  return client.create(clusterKind, {
    metadata,
    spec: { profile: { name: 'starter', version: '1.0.0' }, ...more.spec },
  } as unknown as NewObject);
}

/** Somebody with a password and no role yet. */
export async function makePerson({ hub, client }: Pick<ConsoleWorld, 'hub' | 'client'>, name: string): Promise<void> {
  await client.create(userKind, { metadata: { name }, spec: {} } as unknown as NewObject);
  await hub.hub.identity.accounts.setPassword({ tenant: 'default', name }, PASSWORD);
}

/** A browser that this person has never used, signed in at a path of the console. */
export async function visitAs(world: Pick<ConsoleWorld, 'hub' | 'visit'>, name: string, path: string): Promise<Visit> {
  const begun = await world.visit();
  await signIn(begun.page, `${world.hub.url}/console${path}`, { user: name, password: PASSWORD });
  return begun;
}
