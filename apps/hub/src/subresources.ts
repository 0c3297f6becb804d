import type { Subresource } from '@slipway/api';
import { SlipwayError } from '@slipway/kit';
import type { Identity } from '@slipway/identity';
import { type ClusterProxy, type JoinTokens, kubeconfigFor } from '@slipway/link';
import type { ApiKeySpec, ApiKeyStatus, ApiObject, GatewaySpec } from '@slipway/model';

/** How long a gateway may take from its token to its first connection. */
const GATEWAY_TOKEN_MS = 24 * 3_600_000;

/** Actions on clusters and gateways that go through the link. */
export function hubSubresources(deps: {
  proxy: ClusterProxy;
  joinTokens: JoinTokens;
  identity: Identity;
  ca: string;
  /** Where people reach the hub, by what the caller asked. */
  publicUrl: (host: string | undefined) => string;
}): Subresource[] {
  return [
    {
      kind: 'Cluster',
      name: 'proxy',
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
      methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'],
      actsAs: (principal, object) => deps.identity.inCluster(principal, object),
      raw: ({ acting, object }, request, response) => deps.proxy.raw({ principal: acting, cluster: clusterOf(object) }, request, response),
      upgrade: ({ acting, object }, { request, socket, head }) =>
        deps.proxy.upgrade({ principal: acting, cluster: clusterOf(object) }, request, socket, head),
    },
    {
      kind: 'Cluster',
      name: 'kubeconfig',
      verbs: ['get'],
      methods: ['GET'],
      handle: async ({ principal, project, name, headers }) => {
        // The caller's own token, so that the kubeconfig is nobody else's identity and ends when the token does.
        const token = /^bearer (\S+)$/i.exec(headers.authorization ?? '')?.[1];
        if (token === undefined)
          throw new SlipwayError('Unauthorized', 'A kubeconfig carries the token of the caller; this request has none.');
        const hubUrl = deps.publicUrl(headers.host);
        // Somebody of another tenant is led back to this one by its prefix.
        const tenant = principal.tenant === principal.home ? undefined : principal.tenant;
        const text = kubeconfigFor({
          hubUrl,
          tenant,
          hubCa: deps.ca,
          project: project ?? 'default',
          cluster: name,
          user: principal.name,
          token,
        });
        return { answer: { contentType: 'application/yaml', text } };
      },
    },
    {
      kind: 'ApiKey',
      name: 'token',
      verbs: ['create'],
      methods: ['POST'],
      handle: async ({ principal, tenant, object }) => {
        const { id, token } = await deps.identity.keyToken(principal, tenant, object as ApiObject<ApiKeySpec, ApiKeyStatus>);
        return { id, token };
      },
    },
    {
      kind: 'Gateway',
      name: 'jointoken',
      verbs: ['create'],
      methods: ['POST'],
      handle: async ({ object, name }) => {
        if ((object as ApiObject<GatewaySpec>).spec.provider === 'installation') {
          throw new SlipwayError('BadRequest', `Gateway "${name}" is the installation's: it takes no agent of this tenant.`, {
            hint: 'Make a gateway of your own: spec.provider own.',
          });
        }
        return { token: await deps.joinTokens.issue({ kind: 'gateway', uid: object.metadata.uid, name }, GATEWAY_TOKEN_MS) };
      },
    },
  ];
}

const clusterOf = ({ metadata }: ApiObject) => ({ uid: metadata.uid, name: metadata.name });
