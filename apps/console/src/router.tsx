import {
  createLazyRoute,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { isRecord } from '@slipway/model/browser';
import { CONSOLE_PATH } from './hub/place.ts';
import { AppsPage } from './pages/apps-page.tsx';
import { activitySearch } from './pages/activity/activity-search.ts';
import type { AuditSearch } from './pages/audit/records.ts';
import { ClusterPage } from './pages/clusters/cluster-page.tsx';
import { ClustersPage } from './pages/clusters/clusters-page.tsx';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { BrokenPage, NotFoundPage } from './pages/problem-pages.tsx';
import { LAYER_PANELS, type LayerPanelName } from './pages/profiles/panels.ts';
import {
  CLUSTER_TABS,
  type ClusterTab,
  MODE_HOME,
  modeOf,
  OBJECT_TABS,
  type ObjectTab,
  PEOPLE_TABS,
  type PeopleTab,
  type StepName,
  STEPS,
} from './paths.ts';
import { lastPlace } from './state/last-place.ts';
import { startMode } from './state/start-mode.ts';
import { Shell } from './shell/shell.tsx';

/** A word of an address, or nothing: what somebody typed into it must not break a page. */
const word = (value: unknown): string | undefined => (value === undefined || value === null || value === '' ? undefined : String(value));

const root = createRootRoute({
  validateSearch: (search: Record<string, unknown>): { project?: string | undefined } => ({ project: word(search['project']) }),
  search: { middlewares: [retainSearchParams(['project'])] },
  component: Shell,
  notFoundComponent: () => <NotFoundPage />,
});

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async () => {
    const mode = await startMode();
    throw redirect({ href: lastPlace(mode) ?? MODE_HOME[mode] });
  },
});
const begin = (path: '/clusters' | '/apps') =>
  createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: () => {
      throw redirect({ href: MODE_HOME[modeOf(path)] });
    },
  });
const overview = createRoute({
  getParentRoute: () => root,
  path: '/clusters/overview',
  validateSearch: (search: Record<string, unknown>): { places?: 'map' | undefined } => ({
    places: search['places'] === 'map' ? 'map' : undefined,
  }),
  component: OverviewPage,
});

const audit = createRoute({
  getParentRoute: () => root,
  path: '/clusters/audit',
  validateSearch: (search: Record<string, unknown>): AuditSearch & { open?: string | undefined } => ({
    user: word(search['user']),
    verb: word(search['verb']),
    resource: word(search['resource']),
    outcome: word(search['outcome']),
    text: word(search['text']),
    since: word(search['since']),
    before: word(search['before']),
    open: word(search['open']),
  }),
  component: lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage'),
});
const activity = createRoute({
  getParentRoute: () => root,
  path: '/clusters/activity',
  validateSearch: activitySearch,
  component: lazyRouteComponent(() => import('./pages/activity/activity-page.tsx'), 'ActivityPage'),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: '/clusters/settings',
  validateSearch: (search: Record<string, unknown>): { tab?: 'installation' | undefined } => ({
    tab: search['tab'] === 'installation' ? 'installation' : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/settings/settings-page.tsx'), 'SettingsPage'),
});
const cost = createRoute({
  getParentRoute: () => root,
  path: '/clusters/cost',
  validateSearch: (search: Record<string, unknown>): { by?: 'project' | undefined; q?: string | undefined } => ({
    by: search['by'] === 'project' ? 'project' : undefined,
    q: word(search['q']),
  }),
  component: lazyRouteComponent(() => import('./pages/cost/cost-page.tsx'), 'CostPage'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./pages/setup/setup-page.tsx'), 'SetupPage'),
});
const people = createRoute({
  getParentRoute: () => root,
  path: '/clusters/people',
  validateSearch: (
    search: Record<string, unknown>,
  ): { tab?: PeopleTab | undefined; q?: string | undefined; open?: string | undefined } => ({
    tab: PEOPLE_TABS.find((tab) => tab === search['tab']),
    q: word(search['q']),
    open: word(search['open']),
  }),
  component: lazyRouteComponent(() => import('./pages/people/people-page.tsx'), 'PeoplePage'),
});

export interface ClustersSearch {
  readonly q?: string | undefined;
  readonly status?: string | undefined;
  readonly profile?: string | undefined;
  readonly kubernetes?: string | undefined;
  readonly label?: string | undefined;
  readonly needs?: string | undefined;
  /** A column, with `-` before it the other way round. */
  readonly sort?: string | undefined;
}
const clusters = createRoute({
  getParentRoute: () => root,
  path: '/clusters/list',
  validateSearch: (search: Record<string, unknown>): ClustersSearch => ({
    q: word(search['q']),
    status: word(search['status']),
    profile: word(search['profile']),
    kubernetes: word(search['kubernetes']),
    label: word(search['label']),
    needs: word(search['needs']),
    sort: word(search['sort']),
  }),
  component: ClustersPage,
});
export interface ClusterSearch {
  readonly tab?: ClusterTab | undefined;
  /** Of its workloads: the kind, the namespace, the node, the owner of pods (`deployments/web`), and the filter. */
  readonly what?: string | undefined;
  readonly ns?: string | undefined;
  readonly node?: string | undefined;
  readonly of?: string | undefined;
  readonly q?: string | undefined;
  /** Of its settings: the change that is looked at. */
  readonly change?: string | undefined;
  /** Of its layers: whose values are shown, as they would be with which profile version, and whether with the charts' own. */
  readonly layer?: string | undefined;
  readonly as?: string | undefined;
  readonly defaults?: 'yes' | undefined;
}
const cluster = createRoute({
  getParentRoute: () => root,
  path: '/clusters/list/$in/$name',
  validateSearch: (search: Record<string, unknown>): ClusterSearch => ({
    tab: CLUSTER_TABS.find((tab) => tab === search['tab']),
    what: word(search['what']),
    ns: word(search['ns']),
    node: word(search['node']),
    of: word(search['of']),
    q: word(search['q']),
    change: word(search['change']),
    layer: word(search['layer']),
    as: word(search['as']),
    defaults: search['defaults'] === 'yes' ? 'yes' : undefined,
  }),
  component: ClusterPage,
});
export interface ProfileSearch {
  readonly version?: string | undefined;
  /** The version it is compared with. */
  readonly with?: string | undefined;
  readonly layer?: string | undefined;
  readonly panel?: LayerPanelName | undefined;
  /** The variable that is looked at in the place of a layer. */
  readonly variable?: string | undefined;
  readonly q?: string | undefined;
  readonly type?: string | undefined;
  readonly suits?: 'yes' | undefined;
  readonly arch?: string | undefined;
}
const newCluster = createRoute({
  getParentRoute: () => root,
  path: '/clusters/new',
  validateSearch: (search: Record<string, unknown>): { step?: StepName | undefined } => ({
    step: STEPS.find((step) => step === search['step']),
  }),
  component: lazyRouteComponent(() => import('./pages/create-cluster/create-cluster-page.tsx'), 'CreateClusterPage'),
});
export interface KindSearch {
  readonly kind?: string | undefined;
  readonly q?: string | undefined;
  /** Of packs and registries: see their filters. */
  readonly type?: string | undefined;
  readonly arch?: string | undefined;
  readonly registry?: string | undefined;
  readonly suits?: string | undefined;
  readonly health?: string | undefined;
}
const kind = createRoute({
  getParentRoute: () => root,
  path: '/clusters/$section',
  validateSearch: (search: Record<string, unknown>): KindSearch => ({
    kind: word(search['kind']),
    q: word(search['q']),
    type: word(search['type']),
    arch: word(search['arch']),
    registry: word(search['registry']),
    suits: word(search['suits']),
    health: word(search['health']),
  }),
  component: lazyRouteComponent(() => import('./pages/kinds/kind-page.tsx'), 'KindPage'),
});
const profile = createRoute({
  getParentRoute: () => root,
  path: '/clusters/profiles/$in/$name',
  validateSearch: (search: Record<string, unknown>): ProfileSearch => ({
    version: word(search['version']),
    with: word(search['with']),
    layer: word(search['layer']),
    panel: LAYER_PANELS.find((panel) => panel === search['panel']),
    variable: word(search['variable']),
    q: word(search['q']),
    type: word(search['type']),
    suits: search['suits'] === 'yes' ? 'yes' : undefined,
    arch: word(search['arch']),
  }),
}).lazy(async () => {
  const { default: component } = await import('./pages/profiles/profile-page.tsx');
  return createLazyRoute('/clusters/profiles/$in/$name')({ component });
});
const rollout = createRoute({
  getParentRoute: () => root,
  path: '/clusters/rollouts/rollouts/$name',
  validateSearch: (search: Record<string, unknown>): { tab?: 'edit' | undefined } => ({
    tab: search['tab'] === 'edit' ? 'edit' : undefined,
  }),
}).lazy(async () => {
  const { default: component } = await import('./pages/rollouts/rollout-page.tsx');
  return createLazyRoute('/clusters/rollouts/rollouts/$name')({ component });
});
const pack = createRoute({
  getParentRoute: () => root,
  path: '/clusters/packs/packs/$name',
  validateSearch: (search: Record<string, unknown>): { version?: string | undefined; values?: 'form' | undefined } => ({
    version: word(search['version']),
    values: search['values'] === 'form' ? 'form' : undefined,
  }),
}).lazy(async () => {
  const { default: component } = await import('./pages/packs/pack-page.tsx');
  return createLazyRoute('/clusters/packs/packs/$name')({ component });
});
const newObject = createRoute({
  getParentRoute: () => root,
  path: '/clusters/$section/new/$plural',
  // What it begins with: a page that leads here fills in what it knows, and the form shows it before anything is saved.
  validateSearch: ({ spec }: Record<string, unknown>): { spec?: Readonly<Record<string, unknown>> | undefined } => ({
    spec: isRecord(spec) ? spec : undefined,
  }),
  component: lazyRouteComponent(() => import('./pages/kinds/new-object-page.tsx'), 'NewObjectPage'),
});
const object = createRoute({
  getParentRoute: () => root,
  path: '/clusters/$section/$plural/$name',
  validateSearch: (search: Record<string, unknown>): { in?: string | undefined; tab?: ObjectTab | undefined } => ({
    in: word(search['in']),
    tab: OBJECT_TABS.find((tab) => tab === search['tab']),
  }),
  component: lazyRouteComponent(() => import('./pages/kinds/object-page.tsx'), 'ObjectPage'),
});
const apps = createRoute({ getParentRoute: () => root, path: '/apps/$section', component: AppsPage });

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    begin('/clusters'),
    begin('/apps'),
    setup,
    people,
    audit,
    activity,
    settings,
    cost,
    overview,
    clusters,
    cluster,
    newCluster,
    profile,
    rollout,
    pack,
    kind,
    newObject,
    object,
    apps,
  ]),
  basepath: CONSOLE_PATH,
  defaultErrorComponent: BrokenPage,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
