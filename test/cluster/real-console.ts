import { createInstance, type Instance } from '@slipway/testkit';
import type { Page } from 'playwright-core';
import { openBrowser } from '../console/console-world.ts';

export const PASSWORD = 'correct-horse-battery-9';
export const PATIENCE = 90_000;

/** A real installation as `up` leaves it, and a browser that nobody has used. */
export interface RealConsole {
  readonly instance: Instance;
  /** Of the hub. */
  readonly url: string;
  /** With which `up` ended: opens once. */
  readonly firstLink: string;
  readonly upEndedAt: number;
  readonly page: Page;
  /** Another window of who is signed in, with a clock of its own. */
  another(): Promise<Page>;
  /** What the page asked of other hosts, complained of or failed with. */
  readonly wrongs: readonly string[];
  /** Goes to an address of the hub. */
  go(path: string): Promise<void>;
  reload(): Promise<void>;
  /** The page of the cluster `dev`. */
  open(query: string): Promise<void>;
  /** The cluster `dev` as the hub has it. */
  cluster(): Promise<any>;
  stop(): Promise<void>;
}

export async function startRealConsole(): Promise<RealConsole> {
  const instance = await createInstance({ name: 'console', port: 7611 });
  try {
    const said = await instance.slipway(['up', '--no-cluster'], { timeoutMs: 1_800_000 });
    const firstLink = /https:\S+#swi_\S+/.exec(said.stdout + said.stderr)?.[0];
    if (firstLink === undefined) throw new Error(`up said no link: ${said.stdout}${said.stderr}`);
    return await beforeHub(instance, firstLink);
  } catch (error) {
    await instance.dispose();
    throw error;
  }
}

/** Machines that come and go are networks of this host that come and go, at each of which its browser gives up what it is loading: then it is loaded again. */
export async function loaded(load: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await load();
      return;
    } catch (error) {
      if (tries === 3 || !String(error).includes('ERR_NETWORK_CHANGED')) throw error;
    }
  }
}

/** A browser before an installation that runs. */
async function beforeHub(instance: Instance, firstLink: string): Promise<RealConsole> {
  const url = new URL(firstLink).origin;
  const browser = await openBrowser({ url, user: 'admin', password: PASSWORD });
  const { page, wrongs } = await browser.visit();
  page.setDefaultTimeout(PATIENCE);
  page.setDefaultNavigationTimeout(PATIENCE);
  const go = (path: string) => loaded(() => page.goto(new URL(path, url).href));
  return {
    instance,
    url,
    firstLink,
    upEndedAt: Date.now(),
    page,
    wrongs,
    async another() {
      const other = await browser.visit(undefined, { storageState: await page.context().storageState() });
      other.page.setDefaultTimeout(PATIENCE);
      return other.page;
    },
    go,
    reload: () => loaded(() => page.reload()),
    async open(query) {
      await go(`/console/clusters/list/default/dev${query}`);
      await page.getByRole('heading', { level: 1, name: 'dev', exact: true }).waitFor();
    },
    cluster: () => instance.get('cluster', 'dev'),
    async stop() {
      await browser.close();
      await instance.dispose();
    },
  };
}
