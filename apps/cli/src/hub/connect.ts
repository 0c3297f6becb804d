import { createApiClient, objectPath } from '@slipway/api/client';
import {
  API_VERSION,
  type ApiObject,
  apiVersionOf,
  type ChainedRecord,
  type ChangePlan,
  type ImpactPlan,
  type ClusterValues,
  type Kind,
  type NewObject,
  type PackInfo,
  type RolloutPlan,
} from '@slipway/model';
import type { Context } from '../config/contexts.ts';
import type { Hub } from './hub.ts';

/** Field manager of everything the CLI writes. */
const MANAGER = 'slipway-cli';

interface UserInfo {
  readonly username: string;
  readonly groups?: string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

/** The CLI's view of a hub over the typed client. Opens nothing yet: the first request does. */
export function connectHub(context: Context, signal?: AbortSignal, onWarning?: (text: string) => void): Hub {
  const client = createApiClient({
    server: context.server,
    ca: context.certificateAuthority,
    token: context.token,
    tenant: context.tenant,
    userAgent: MANAGER,
    onWarning,
  });
  const address = (kind: Kind, name: string, project: string) => ({ kind, name, project: kind.scope === 'project' ? project : undefined });
  const write = (options: { dryRun?: boolean } = {}) => ({ ...options, fieldManager: MANAGER, fieldValidation: 'Strict' as const, signal });
  const cluster = (name: string, project: string, subresource: string) =>
    `/apis/${API_VERSION}/namespaces/${encodeURIComponent(project)}/clusters/${encodeURIComponent(name)}/${subresource}`;
  const hub: Hub = {
    server: context.server,
    get: (kind, name, project) => client.get(address(kind, name, project)),
    find: (kind, name, project) => client.find(address(kind, name, project)),
    async list(kind, query) {
      const { items, resourceVersion } = await client.list(kind, { ...query, signal });
      return { items: items.map((item) => complete(kind, item)), resourceVersion };
    },
    create: (kind, object, project, options) => client.create(kind, scoped(kind, object, project), write(options)),
    apply: (kind, object, project, options) => client.apply(kind, scoped(kind, object, project), { ...write(options), force: true }),
    update: (kind, object, _project, options) => client.update(kind, object, write(options)),
    patch: (kind, name, project, patch, options) => client.patch(address(kind, name, project), Object(patch) as object, write(options)),
    delete: (kind, name, project) => client.delete(address(kind, name, project), signal ? { signal } : undefined),
    watch: (kind, query, resourceVersion, watchSignal) => client.watch(kind, resourceVersion, { ...query, signal: watchSignal }),
    plan: (name, project, objects, { manifests } = {}) =>
      client.request<ChangePlan>(cluster(name, project, 'plan'), {
        method: 'POST',
        body: { objects },
        signal,
        ...(manifests ? { query: { manifests: 'true' } } : {}),
      }),
    values: (name, project, { objects = [], layer, defaults }) =>
      client.request<ClusterValues>(cluster(name, project, 'values'), {
        signal,
        ...(objects.length === 0 ? {} : { method: 'POST', body: { objects } }),
        query: { layer, ...(defaults ? { defaults: 'true' } : {}) },
      }),
    rolloutPlan: (name, candidate) =>
      client.request<RolloutPlan>(`/apis/${API_VERSION}/rollouts/${encodeURIComponent(name)}/plan`, {
        method: 'POST',
        body: candidate ?? {},
        signal,
      }),
    impact: (kind, object, project) =>
      client.request<ImpactPlan>(`${objectPath(address(kind, object.metadata.name ?? '', project))}/plan`, {
        method: 'POST',
        body: scoped(kind, object, project),
        signal,
        timeoutMs: 60_000,
      }),
    acceptPack: (kind, name, project, { accept, dryRun }) =>
      client.request(`${objectPath(address(kind, name, project))}/accept`, {
        method: 'POST',
        body: accept,
        signal,
        timeoutMs: 60_000,
        query: { dryRun: dryRun ? 'All' : undefined },
      }),
    kubeconfig: (name, project) => client.text(cluster(name, project, 'kubeconfig'), { signal }),
    async gatewayJoinToken(gateway) {
      const path = `/apis/${API_VERSION}/gateways/${encodeURIComponent(gateway)}/jointoken`;
      return (await client.request<{ token: string }>(path, { method: 'POST', body: {}, signal })).token;
    },
    auditChain: () => client.request(`/apis/${API_VERSION}/auditchain`, { signal }),
    async auditRecords(query) {
      return (await client.request<{ records: ChainedRecord[] }>(`/apis/${API_VERSION}/auditchain/records`, { query, signal })).records;
    },
    async whoami() {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
      const { status } = await client.request<{ status: { userInfo: UserInfo } }>(path, { method: 'POST', body, signal });
      const { username, groups = [], extra = {} } = status.userInfo;
      return { username, groups, tenant: extra['slipway.dev/tenant']?.[0] ?? 'default', home: extra['slipway.dev/home']?.[0] ?? 'default' };
    },
    async canI({ project, ...attributes }) {
      const resourceAttributes = { ...attributes, ...(project === undefined ? {} : { namespace: project }) };
      const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } };
      const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      return (await client.request<{ status: { allowed: boolean; reason: string } }>(path, { method: 'POST', body, signal })).status;
    },
    async keyToken(name) {
      const path = `/apis/${API_VERSION}/apikeys/${encodeURIComponent(name)}/token`;
      return (await client.request<{ token: string }>(path, { method: 'POST', body: {}, signal })).token;
    },
    syncRegistry(name, project) {
      const place = project === undefined ? 'registries' : `namespaces/${encodeURIComponent(project)}/projectregistries`;
      return client.request(`/apis/${API_VERSION}/${place}/${encodeURIComponent(name)}/sync`, { method: 'POST', body: {}, signal });
    },
    packContent(kind, name, { version, project }) {
      const place = kind.scope === 'project' ? `namespaces/${encodeURIComponent(project)}/${kind.plural}` : kind.plural;
      return client.request<PackInfo>(`/apis/${API_VERSION}/${place}/${encodeURIComponent(name)}/content`, { query: { version }, signal });
    },
    version: () => client.request<{ gitVersion: string }>('/version', { signal }),
    healthy: async () => void (await client.text('/healthz', { signal })),
  };
  return hub;
}

/** Items of a list carry no kind of their own. */
const complete = (kind: Kind, object: ApiObject): ApiObject => ({
  ...object,
  apiVersion: object.apiVersion ?? apiVersionOf(kind),
  kind: object.kind ?? kind.kind,
});

function scoped(kind: Kind, object: NewObject, project: string): NewObject {
  if (kind.scope !== 'project') return object;
  return { ...object, metadata: { ...object.metadata, namespace: object.metadata.namespace ?? project } };
}
