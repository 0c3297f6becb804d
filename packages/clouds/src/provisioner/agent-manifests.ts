import { sha256Hex } from '@slipway/kit';
import type { KubeObject } from '@slipway/kube';
import type { PodNetwork } from '@slipway/model';

export const AGENT_NAMESPACE = 'slipway-system';
export const AGENT_NAME = 'slipway-agent';
/** Hub certificate and join token, mounted into the agent. */
export const AGENT_LINK_SECRET = 'slipway-agent-link';
/** Where the agent keeps its identity once it has one: its presence with a `joined` part means that it needs no token. */
export const AGENT_CREDENTIAL_SECRET = 'slipway-agent-credential';
const LINK_DIRECTORY = '/etc/slipway/link';
const NONROOT = 65_532;

export interface AgentSettings {
  /** `slipway.dev/agent:1a2b3c4d`; preloaded in the machines, never pulled when there. */
  readonly image: string;
  /** Where the agent dials, as seen from a pod: `https://10.88.7.1:7443`. */
  readonly hubUrl: string;
  /** PEM of the CA that signed the hub's certificate. */
  readonly hubCa: string;
}

const object = (apiVersion: string, kind: string, name: string, rest: object, namespace?: string): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: { 'app.kubernetes.io/managed-by': 'slipway' } },
  ...rest,
});

const clusterRole = (name: string, role: 'cluster-admin' | 'edit' | 'view', subjects: readonly object[]): KubeObject =>
  object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', name, {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects,
  });
const group = (name: string) => [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name }];

/** What a new cluster gets from the provisioner, without the Secret; in the order it is applied. Everything else is the agent's work. */
export function agentObjects(settings: AgentSettings, podNetwork: PodNetwork = 'machine'): KubeObject[] {
  return [
    object('v1', 'Namespace', AGENT_NAMESPACE, {}),
    object('v1', 'ServiceAccount', AGENT_NAME, {}, AGENT_NAMESPACE),
    clusterRole('slipway-agent', 'cluster-admin', [{ kind: 'ServiceAccount', name: AGENT_NAME, namespace: AGENT_NAMESPACE }]),
    // Whom the hub lets in with which right: three bindings, however many users, roles and projects there are.
    clusterRole('slipway-admins', 'cluster-admin', group('slipway:admins')),
    clusterRole('slipway-editors', 'edit', group('slipway:editors')),
    clusterRole('slipway-viewers', 'view', group('slipway:viewers')),
    object('apps/v1', 'Deployment', AGENT_NAME, { spec: deploymentSpec(settings, podNetwork) }, AGENT_NAMESPACE),
  ];
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** The link Secret; without a token once the agent has joined, or when the one that is there is still good. */
export const linkSecret = (settings: AgentSettings, token?: { readonly value: string; readonly issuedAt: string }): KubeObject => {
  const secret = object(
    'v1',
    'Secret',
    AGENT_LINK_SECRET,
    {
      type: 'Opaque',
      data: { 'ca.crt': encode(settings.hubCa), ...(token === undefined ? {} : { 'join-token': encode(token.value) }) },
    },
    AGENT_NAMESPACE,
  );
  if (token !== undefined) secret.metadata.annotations = { 'slipway.dev/issued-at': token.issuedAt };
  return secret;
};

const env = (name: string, value: string) => ({ name, value });
const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath } } });

const PREFERS_CONTROL_PLANE = {
  nodeAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 100, preference: { matchExpressions: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists' }] } },
    ],
  },
};

function deploymentSpec(settings: AgentSettings, podNetwork: PodNetwork) {
  const labels = { 'app.kubernetes.io/name': AGENT_NAME };
  return {
    replicas: 1,
    // Two agents of one cluster would take each other's connection away.
    strategy: { type: 'Recreate' },
    selector: { matchLabels: labels },
    template: {
      metadata: {
        labels,
        // A new hub or CA restarts the agent; a new token does not: it reads the file at every try.
        annotations: { 'slipway.dev/link': sha256Hex(`${settings.hubUrl}\n${settings.hubCa}`).slice(0, 16) },
      },
      spec: {
        serviceAccountName: AGENT_NAME,
        // Who installs the pods' network runs before there is one.
        ...(podNetwork === 'pack' && { hostNetwork: true }),
        priorityClassName: 'system-cluster-critical',
        // Runs anywhere and first: nothing else can be installed without it.
        tolerations: [{ operator: 'Exists' }],
        // An upgrade replaces control planes first: what runs there has moved, and is ready again, long before the last worker has been replaced.
        affinity: PREFERS_CONTROL_PLANE,
        terminationGracePeriodSeconds: 10,
        securityContext: {
          runAsNonRoot: true,
          runAsUser: NONROOT,
          runAsGroup: NONROOT,
          fsGroup: NONROOT,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            name: 'agent',
            image: settings.image,
            imagePullPolicy: 'IfNotPresent',
            args: ['cluster'],
            env: [
              env('SLIPWAY_HUB_URL', settings.hubUrl),
              env('SLIPWAY_HUB_CA_FILE', `${LINK_DIRECTORY}/ca.crt`),
              env('SLIPWAY_JOIN_TOKEN_FILE', `${LINK_DIRECTORY}/join-token`),
              field('POD_NAMESPACE', 'metadata.namespace'),
              field('NODE_NAME', 'spec.nodeName'),
            ],
            resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '512Mi' } },
            securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            terminationMessagePolicy: 'FallbackToLogsOnError',
            volumeMounts: [
              { name: 'link', mountPath: LINK_DIRECTORY, readOnly: true },
              { name: 'scratch', mountPath: '/tmp', subPath: 'tmp' },
              { name: 'scratch', mountPath: '/home/nonroot', subPath: 'home' },
            ],
          },
        ],
        volumes: [
          { name: 'link', secret: { secretName: AGENT_LINK_SECRET, defaultMode: 0o440 } },
          { name: 'scratch', emptyDir: { sizeLimit: '512Mi' } },
        ],
      },
    },
  };
}
