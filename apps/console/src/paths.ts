import {
  Banknote,
  BookMarked,
  Boxes,
  Cable,
  Cloud,
  Gauge,
  History,
  KeyRound,
  Layers,
  LayoutGrid,
  type LucideIcon,
  Package,
  Rocket,
  ScrollText,
  Server,
  Settings,
  Users,
} from 'lucide-react';
import type { KindName } from './hub/kinds.ts';

/** The first part of every address. */
export type Mode = 'clusters' | 'apps';

export const MODE_WORDS: Readonly<Record<Mode, string>> = { clusters: 'Clusters', apps: 'Apps' };
export const otherMode = (mode: Mode): Mode => (mode === 'clusters' ? 'apps' : 'clusters');
export const modeOf = (path: string): Mode => (path.startsWith('/apps') ? 'apps' : 'clusters');

/** Where a mode begins. */
export const MODE_HOME: Readonly<Record<Mode, string>> = { clusters: '/clusters/overview', apps: '/apps/list' };

export interface Place {
  readonly path: string;
  readonly title: string;
  readonly icon: LucideIcon;
}

/** A list of a kind that has no page of its own yet: the columns are the hub's, as in the command line. */
export interface KindPlace extends Place {
  readonly section: string;
  readonly kinds: readonly KindName[];
}

const kindPlace = (section: string, title: string, icon: LucideIcon, ...kinds: KindName[]): KindPlace => ({
  section,
  path: `/clusters/${section}`,
  title,
  icon,
  kinds,
});

/** Its page is its own; the objects of the installation have the pages of every kind. */
const SETTINGS = kindPlace('settings', 'Settings', Settings, 'tenants', 'auditsinks');

export const KIND_PLACES: readonly KindPlace[] = [
  kindPlace(
    'profiles',
    'Profiles',
    Layers,
    'clusterprofiles',
    'projectclusterprofiles',
    'systemclusterprofiles',
    'macros',
    'projectmacros',
    'systemmacros',
  ),
  kindPlace('rollouts', 'Rollouts', Rocket, 'rollouts', 'maintenancepolicies'),
  kindPlace('packs', 'Packs & registries', Package, 'packs', 'registries', 'projectpacks', 'projectregistries'),
  kindPlace('accounts', 'Accounts & gateways', Cloud, 'cloudaccounts', 'gateways'),
  kindPlace('machines', 'Machines', Server, 'machines', 'machinepools'),
  // Their list is a page of its own.
  kindPlace('activity', 'Activity', History),
  kindPlace('projects', 'Projects', BookMarked, 'projects'),
  // Their list is a page of its own; their objects have the pages of every kind.
  kindPlace(
    'people',
    'People & access',
    Users,
    'users',
    'teams',
    'rolebindings',
    'projectrolebindings',
    'roles',
    'serviceaccounts',
    'apikeys',
    'identityproviders',
  ),
  SETTINGS,
];

export const PLACES: Readonly<Record<Mode, readonly Place[]>> = {
  clusters: [
    { path: '/clusters/overview', title: 'Overview', icon: Gauge },
    { path: '/clusters/list', title: 'Clusters', icon: Boxes },
    ...KIND_PLACES.filter((place) => place !== SETTINGS),
    { path: '/clusters/cost', title: 'Cost', icon: Banknote },
    { path: '/clusters/audit', title: 'Audit', icon: ScrollText },
    SETTINGS,
  ],
  apps: [
    { path: '/apps/list', title: 'Apps', icon: LayoutGrid },
    { path: '/apps/profiles', title: 'App profiles', icon: Layers },
    { path: '/apps/environments', title: 'Environments', icon: Cable },
    { path: '/apps/services', title: 'Services', icon: KeyRound },
    { path: '/apps/usage', title: 'Usage', icon: Settings },
  ],
};

export const PEOPLE_TABS = ['users', 'teams', 'access', 'roles', 'keys', 'accounts', 'providers', 'ask'] as const;
export type PeopleTab = (typeof PEOPLE_TABS)[number];

export const CLUSTER_TABS = ['overview', 'layers', 'nodes', 'workloads', 'drift', 'events', 'access', 'plan', 'settings', 'yaml'] as const;
export type ClusterTab = (typeof CLUSTER_TABS)[number];

export const clusterPath = (project: string, name: string): string =>
  `/clusters/list/${encodeURIComponent(project)}/${encodeURIComponent(name)}`;

/** The steps of creating a cluster. */
export const STEPS = ['profile', 'infrastructure', 'pools', 'variables', 'review'] as const;
export type StepName = (typeof STEPS)[number];

export const OBJECT_TABS = ['overview', 'events', 'yaml', 'edit'] as const;
export type ObjectTab = (typeof OBJECT_TABS)[number];
