import type { KubeObject } from '@slipway/kube';
import { INFRA_GROUP, INFRA_VERSION } from './names.ts';

const string = { type: 'string' };
const boolean = { type: 'boolean' };
const integer = { type: 'integer', format: 'int32' };

/** metav1.Condition as the v1beta2 contract wants it. */
const conditions = {
  type: 'array',
  maxItems: 32,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['type'],
  items: {
    type: 'object',
    required: ['type', 'status', 'reason', 'lastTransitionTime'],
    properties: {
      type: { ...string, maxLength: 316 },
      status: { ...string, enum: ['True', 'False', 'Unknown'] },
      reason: { ...string, minLength: 1, maxLength: 1024 },
      message: { ...string, maxLength: 32_768 },
      lastTransitionTime: { ...string, format: 'date-time' },
      observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    },
  },
};

const initialization = { type: 'object', properties: { provisioned: boolean } };

const machineSize = {
  cpu: { type: 'number', exclusiveMinimum: true, minimum: 0, description: 'Cores; fractions are allowed. Unlimited when absent.' },
  memoryMiB: { type: 'integer', format: 'int64', minimum: 256, description: 'MiB. Unlimited when absent.' },
};

const podNetwork = {
  ...string,
  enum: ['none'],
  description:
    'none: no pod subnet, no routes to peers and no CNI configuration; a pack brings them. Absent: the machine has them from the start.',
};

const kinds = {
  LocalCluster: {
    plural: 'localclusters',
    description: 'What a cluster needs on this host before its first machine: a load balancer for its API servers.',
    spec: {
      controlPlaneEndpoint: {
        type: 'object',
        properties: { host: { ...string, maxLength: 512 }, port: { ...integer, minimum: 1, maximum: 65_535 } },
      },
      failureDomains: {
        type: 'array',
        maxItems: 16,
        items: { ...string, minLength: 1, maxLength: 63 },
        description: 'Names control planes are spread over. Default: fd-1, fd-2, fd-3.',
      },
    },
    status: {
      initialization,
      conditions,
      failureDomains: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: {
          type: 'object',
          required: ['name'],
          properties: {
            name: string,
            controlPlane: boolean,
            attributes: { type: 'object', additionalProperties: string },
          },
        },
      },
    },
    columns: [
      { name: 'Cluster', type: 'string', jsonPath: `.metadata.labels['cluster\\.x-k8s\\.io/cluster-name']` },
      { name: 'Endpoint', type: 'string', jsonPath: '.spec.controlPlaneEndpoint.host' },
      { name: 'Ready', type: 'string', jsonPath: `.status.conditions[?(@.type=="Ready")].status` },
    ],
  },
  LocalMachine: {
    plural: 'localmachines',
    description: 'A machine on this host: its own network, containerd and kubelet.',
    spec: { ...machineSize, podNetwork, providerID: { ...string, maxLength: 512 }, failureDomain: { ...string, maxLength: 256 } },
    status: {
      initialization,
      conditions,
      addresses: {
        type: 'array',
        items: {
          type: 'object',
          required: ['type', 'address'],
          properties: { type: string, address: string },
        },
      },
      failureDomain: string,
    },
    columns: [
      { name: 'Cluster', type: 'string', jsonPath: `.metadata.labels['cluster\\.x-k8s\\.io/cluster-name']` },
      { name: 'Address', type: 'string', jsonPath: `.status.addresses[?(@.type=="InternalIP")].address` },
      { name: 'Ready', type: 'string', jsonPath: `.status.conditions[?(@.type=="Ready")].status` },
      { name: 'Reason', type: 'string', jsonPath: `.status.conditions[?(@.type=="Ready")].reason` },
    ],
  },
  LocalMachineTemplate: {
    plural: 'localmachinetemplates',
    description: 'What machines of a control plane or a pool are made of. Never changed in place: a new one is made under a new name.',
    spec: {
      template: {
        type: 'object',
        required: ['spec'],
        properties: {
          metadata: {
            type: 'object',
            properties: {
              labels: { type: 'object', additionalProperties: string },
              annotations: { type: 'object', additionalProperties: string },
            },
          },
          spec: { type: 'object', properties: { ...machineSize, podNetwork } },
        },
      },
    },
    status: {},
    columns: [],
  },
};

/**
 * The CRDs of the `local` infrastructure provider, contract v1beta2. One version only, so there is no conversion.
 * The label tells Cluster API which version speaks which contract.
 */
export function localProviderCrds(): KubeObject[] {
  return Object.entries(kinds).map(([kind, { plural, description, spec, status, columns }]) => ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${INFRA_GROUP}`,
      labels: { 'cluster.x-k8s.io/provider': 'infrastructure-local', 'cluster.x-k8s.io/v1beta2': INFRA_VERSION },
    },
    spec: {
      group: INFRA_GROUP,
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase(), categories: ['cluster-api'] },
      versions: [
        {
          name: INFRA_VERSION,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [...columns, { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
          schema: {
            openAPIV3Schema: {
              type: 'object',
              description,
              properties: {
                apiVersion: string,
                kind: string,
                metadata: { type: 'object' },
                spec: { type: 'object', properties: spec },
                status: { type: 'object', properties: status },
              },
            },
          },
        },
      ],
    },
  }));
}
