import { stringify } from 'yaml';

export interface KubeconfigInput {
  /** `https://127.0.0.1:7443`, no trailing slash needed. */
  readonly hubUrl: string;
  /** PEM of the hub's CA. */
  readonly hubCa: string;
  /** When it is not the caller's own. */
  readonly tenant?: string | undefined;
  readonly project: string;
  readonly cluster: string;
  readonly user: string;
  /** The caller's own API token. */
  readonly token: string;
}

/** A kubeconfig whose server is the hub's proxy of one cluster and whose identity is the caller's. */
export function kubeconfigFor(input: KubeconfigInput): string {
  const hub = input.hubUrl.replace(/\/+$/, '');
  const name = `${input.project}/${input.cluster}`;
  const path = `namespaces/${encodeURIComponent(input.project)}/clusters/${encodeURIComponent(input.cluster)}/proxy`;
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [
      {
        name,
        cluster: {
          server: `${hub}${input.tenant === undefined ? '' : `/tenants/${encodeURIComponent(input.tenant)}`}/apis/slipway.dev/v1/${path}`,
          'certificate-authority-data': Buffer.from(input.hubCa).toString('base64'),
        },
      },
    ],
    users: [{ name: `slipway:${input.user}`, user: { token: input.token } }],
    contexts: [{ name, context: { cluster: name, user: `slipway:${input.user}` } }],
  });
}
