import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, makeProject, PATIENCE, startConsoleWorld, type Visit } from './console-world.ts';

/** Pages that show the same with other names: so many of a route are looked at. */
const OF_A_ROUTE = 12;
/** What no link leads to: mistyped addresses, and the way through the beginning when it is behind one. */
const TYPED = ['/', '/nowhere/at/all', '/clusters/list/default/nobody'];

interface Found {
  readonly path: string;
  readonly route: string;
}

/** The routes of the router that runs in the page, and where its links lead: so that nobody has to keep a list, and nobody's page is forgotten. */
const ROUTES_WITH_PAGES = `Object.values(__TSR_ROUTER__.routesById).filter(({ options, children }) => options.component !== undefined && children === undefined).map(({ fullPath }) => fullPath)`;
const LINKS = `(() => {
  const base = new URL(document.baseURI).pathname.replace(/\\/$/, '');
  return [...document.querySelectorAll('a[href]')]
    .filter((link) => link.origin === location.origin && link.pathname.startsWith(base + '/'))
    .map((link) => ({ path: link.pathname.slice(base.length) + link.search, route: __TSR_ROUTER__.getMatchedRoutes(link.pathname.slice(base.length))[2]?.fullPath ?? '' }));
})()`;

describe('every page of the console', () => {
  let world: ConsoleWorld;
  let visit: Visit;
  const seen = new Map<string, string[]>();
  beforeAll(async () => {
    world = await startConsoleWorld();
    await makeProject(world.client, 'shop');
    await makeCluster(world.client, 'default', 'dev');
    await makeCluster(world.client, 'shop', 'shop-eu', { spec: { paused: true } });
    visit = await world.visit('/clusters/overview');
  });
  afterAll(() => world?.stop());

  const settle = async (): Promise<void> => {
    await visit.page.locator('h1, .empty h2').first().waitFor();
    await visit.page.waitForLoadState('load');
    await expect.poll(() => visit.page.locator('.skeleton').count(), { timeout: PATIENCE }).toBe(0);
  };

  /** What differs in an address but the words in it: tabs and kinds are pages of their own, filters are not. */
  const kindOfPage = ({ path, route }: Found): string => {
    const { searchParams } = new URL(path, world.hub.url);
    return `${route} ${['tab', 'kind'].flatMap((key) => searchParams.get(key) ?? []).join(' ')}`;
  };

  it('has no axe violation, light or dark, and every route of the router is among them (E23, in part; E24, in part)', async () => {
    const { page } = visit;
    const waiting = new Map<string, Found>(TYPED.map((path) => [path, { path, route: '' }]));
    const add = (found: readonly Found[]) => {
      for (const one of found) {
        const kind = kindOfPage(one);
        const known = seen.get(kind) ?? [];
        // Sections are one route: each of them is a page of its own.
        const enough = one.route.includes('$section') ? OF_A_ROUTE : kind.endsWith(' ') ? 2 : 1;
        if (known.includes(one.path) || known.length >= enough) continue;
        seen.set(kind, [...known, one.path]);
        waiting.set(one.path, one);
      }
    };
    add([
      { path: '/setup', route: '/setup' },
      { path: '/clusters/overview', route: '/clusters/overview' },
      { path: '/apps/list', route: '/apps/$section' },
    ]);
    const found: string[] = [];
    const routes = (await page.evaluate(ROUTES_WITH_PAGES)) as string[];
    for (const [path] of waiting) {
      await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
      await page.goto(`${world.hub.url}/console${path}`);
      await settle();
      const links = (await page.evaluate(LINKS)) as Found[];
      found.push(...links.filter(({ route }) => route === '').map((link) => `${path}: a link to ${link.path}, which no route has`));
      add(links.filter(({ route }) => route !== ''));
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        found.push(
          ...(await violationsOf(page, colorScheme === 'light' ? 'all' : 'colours')).map((one) => `${colorScheme} ${path}: ${one}`),
        );
      }
      // At twice the size of a small window nothing is cut off or needs scrolling sideways.
      await page.setViewportSize({ width: 640, height: 400 });
      const wide = (await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')) as number;
      if (wide > 0) found.push(`${path}: ${wide} px wider than a window of 640`);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    expect(found).toEqual([]);
    const reached = new Set([...seen.keys()].map((kind) => kind.split(' ')[0]));
    expect(routes.length).toBeGreaterThan(4);
    expect(
      routes.filter((route) => !reached.has(route)),
      'routes that no link of a page leads to',
    ).toEqual([]);
  }, 900_000);

  it('asks no other host, breaks no rule of its policy and fails nowhere', () => expect(visit.wrongs).toEqual([]));
});
