import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SlipwayError } from '@slipway/kit';
import type { KubeConnection } from './types.ts';

interface KubeconfigFile {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name: string; readonly context: { readonly cluster: string; readonly user: string } }[];
  readonly clusters?: readonly {
    readonly name: string;
    readonly cluster: {
      readonly server: string;
      readonly 'certificate-authority-data'?: string;
      readonly 'certificate-authority'?: string;
    };
  }[];
  readonly users?: readonly { readonly name: string; readonly user: KubeconfigUser }[];
}

interface KubeconfigUser {
  readonly 'client-certificate-data'?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-key-data'?: string;
  readonly 'client-key'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
/** The kubelet rotates projected tokens well before they expire; reading once a minute is always fresh enough. */
const TOKEN_FRESH_MS = 60_000;

/** A token read from a file and read again when it is older than a minute, since the kubelet replaces it. */
export function rotatingToken(path: string): () => Promise<string> {
  let token: { readonly text: string; readonly at: number } | undefined;
  return async () => {
    const now = performance.now();
    if (token === undefined || now - token.at > TOKEN_FRESH_MS) token = { text: (await readFile(path, 'utf8')).trim(), at: now };
    return token.text;
  };
}

const named = <T extends { readonly name: string }>(list: readonly T[] | undefined, name: string | undefined, what: string): T => {
  const found = list?.find((item) => item.name === name);
  if (found === undefined) throw new SlipwayError('Invalid', `The kubeconfig has no ${what} called "${name ?? ''}".`);
  return found;
};

/**
 * The connection of a kubeconfig's current context (or of `context`), from a file's path or from its text. Certificates and tokens inline or in files
 * beside it; programs that fetch credentials (`exec`) are refused. Throws `Invalid` or `NotFound`.
 */
export async function fromKubeconfig(pathOrText: string, context?: string): Promise<KubeConnection> {
  const isText = pathOrText.includes('\n') || pathOrText.trimStart().startsWith('{');
  const text = isText
    ? pathOrText
    : await readFile(pathOrText, 'utf8').catch((error: unknown) => {
        throw new SlipwayError('NotFound', `The kubeconfig ${pathOrText} cannot be read.`, { cause: error });
      });
  const { parse } = await import('yaml');
  const file = parse(text) as KubeconfigFile | null;
  if (file === null || typeof file !== 'object') throw new SlipwayError('Invalid', 'The kubeconfig is empty or no YAML mapping.');
  const chosen = named(file.contexts, context ?? file['current-context'], 'context').context;
  const cluster = named(file.clusters, chosen.cluster, 'cluster').cluster;
  const user = named(file.users, chosen.user, 'user').user ?? {};
  if (user.exec !== undefined || user['auth-provider'] !== undefined)
    throw new SlipwayError(
      'Invalid',
      `User "${chosen.user}" of the kubeconfig gets its credentials from a program, which is not supported.`,
      {
        hint: 'Use a kubeconfig with a client certificate or a token.',
      },
    );
  const base = isText ? process.cwd() : dirname(resolve(pathOrText));
  const pem = async (data: string | undefined, at: string | undefined): Promise<string | undefined> => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString('utf8');
    return at === undefined ? undefined : readFile(resolve(base, at), 'utf8');
  };
  return {
    server: cluster.server,
    ca: await pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: await pem(user['client-certificate-data'], user['client-certificate']),
    key: await pem(user['client-key-data'], user['client-key']),
    token: user.token ?? (user.tokenFile === undefined ? undefined : rotatingToken(resolve(base, user.tokenFile))),
  };
}

/** The connection of a pod to its own API server, with the service account's token, re-read as the kubelet rotates it. Throws `Host` outside a pod. */
export async function inCluster(env: NodeJS.ProcessEnv = process.env, directory = SERVICE_ACCOUNT): Promise<KubeConnection> {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'] ?? '443';
  if (host === undefined)
    throw new SlipwayError('Host', 'This process does not run in a pod: KUBERNETES_SERVICE_HOST is not set.', {
      hint: 'Outside a pod, name a kubeconfig with --kubeconfig.',
    });
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: await readFile(`${directory}/ca.crt`, 'utf8'),
    token: rotatingToken(`${directory}/token`),
  };
}
