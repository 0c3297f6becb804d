/** What the made-up fleet is made of: names that could be somebody's, and are nobody's. */

export interface DemoProject {
  readonly name: string;
  readonly displayName: string;
  /** Share of the fleet. */
  readonly weight: number;
  /** Where its clusters are. */
  readonly regions: readonly string[];
  readonly profile: string;
  /** Workers at most. */
  readonly workers: number;
  /** What its clusters are called: `{region}`, `{number}` and `{stage}` are filled in. */
  readonly names: string;
}

const EVERYWHERE = ['eu-central', 'eu-north', 'eu-west', 'us-east', 'us-west', 'ap-south', 'ap-northeast', 'sa-east'];

export const PROJECTS: readonly DemoProject[] = [
  { name: 'stores', displayName: 'Stores', weight: 62, regions: EVERYWHERE, profile: 'store', workers: 2, names: 'store-{number}' },
  {
    name: 'plants',
    displayName: 'Plants',
    weight: 12,
    regions: ['eu-central', 'eu-north', 'us-east', 'ap-south'],
    profile: 'plant',
    workers: 4,
    names: 'plant-{region}-{number}',
  },
  {
    name: 'shop',
    displayName: 'Online shop',
    weight: 7,
    regions: ['eu-central', 'us-east', 'ap-northeast'],
    profile: 'web',
    workers: 14,
    names: 'shop-{region}-{stage}-{number}',
  },
  {
    name: 'payments',
    displayName: 'Payments',
    weight: 5,
    regions: ['eu-central', 'us-east'],
    profile: 'web',
    workers: 9,
    names: 'pay-{region}-{stage}-{number}',
  },
  {
    name: 'data',
    displayName: 'Data & models',
    weight: 4,
    regions: ['eu-central', 'us-west'],
    profile: 'data',
    workers: 24,
    names: 'data-{region}-{number}',
  },
  {
    name: 'logistics',
    displayName: 'Logistics',
    weight: 5,
    regions: ['eu-west', 'us-west', 'sa-east'],
    profile: 'plant',
    workers: 5,
    names: 'depot-{region}-{number}',
  },
  {
    name: 'platform',
    displayName: 'Platform',
    weight: 3,
    regions: ['eu-central'],
    profile: 'starter',
    workers: 6,
    names: 'platform-{stage}-{number}',
  },
  { name: 'labs', displayName: 'Labs', weight: 2, regions: ['eu-west', 'us-east'], profile: 'starter', workers: 2, names: 'lab-{number}' },
];

/** A gateway for each region; one of them has lost its connection. */
export const regionGateway = (region: string): string => `gw-${region}`;
export const REGIONS = EVERYWHERE;
export const LOST_REGION = 'sa-east';

export const PEOPLE: readonly (readonly [name: string, displayName: string])[] = [
  ['ines', 'Inês Duarte'],
  ['jonas', 'Jonas Weber'],
  ['amara', 'Amara Okafor'],
  ['kenji', 'Kenji Mori'],
  ['lucia', 'Lucía Romero'],
  ['noor', 'Noor Haddad'],
  ['tomasz', 'Tomasz Nowak'],
  ['ruth', 'Ruth Bergman'],
  ['samir', 'Samir Patel'],
  ['elin', 'Elin Lindqvist'],
  ['omar', 'Omar Farouk'],
  ['chloe', 'Chloé Martin'],
];

export const TEAMS: readonly (readonly [name: string, displayName: string, members: readonly string[]])[] = [
  ['fleet', 'Fleet engineering', ['ines', 'jonas', 'amara', 'ruth']],
  ['retail', 'Retail platform', ['kenji', 'lucia', 'samir']],
  ['plants-on-call', 'Plants on call', ['noor', 'tomasz', 'elin']],
  ['payments', 'Payments', ['omar', 'chloe', 'lucia']],
];

/** Objects that people change by hand, for the drift that agents report. */
export const DRIFTED: readonly {
  layer: string;
  kind: string;
  apiVersion: string;
  namespace: string;
  name: string;
  path: string;
  wanted: unknown;
  live: unknown;
}[] = [
  {
    layer: 'monitoring',
    kind: 'Deployment',
    apiVersion: 'apps/v1',
    namespace: 'monitoring',
    name: 'prometheus',
    path: 'spec.replicas',
    wanted: 1,
    live: 0,
  },
  {
    layer: 'ingress',
    kind: 'DaemonSet',
    apiVersion: 'apps/v1',
    namespace: 'ingress',
    name: 'ingress',
    path: 'spec.template.spec.containers[0].resources.limits.memory',
    wanted: '256Mi',
    live: '1Gi',
  },
  {
    layer: 'policy',
    kind: 'ValidatingAdmissionPolicyBinding',
    apiVersion: 'admissionregistration.k8s.io/v1',
    namespace: '',
    name: 'baseline',
    path: 'spec.validationActions[0]',
    wanted: 'Deny',
    live: 'Audit',
  },
  {
    layer: 'metrics-server',
    kind: 'ConfigMap',
    apiVersion: 'v1',
    namespace: 'metrics-server',
    name: 'metrics-server',
    path: 'data.resolution',
    wanted: '15s',
    live: '60s',
  },
];
