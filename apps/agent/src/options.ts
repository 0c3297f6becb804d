import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SlipwayError } from '@slipway/kit';

export const AGENT_VERSION = '0.1.0';

interface CommonOptions {
  readonly hubUrl: string;
  readonly caFile: string;
  readonly joinTokenFile: string;
  readonly helm: string;
  /** Charts and helm's own cache. */
  readonly workDir: string;
  readonly debug: boolean;
}

export type AgentOptions =
  | (CommonOptions & {
      readonly mode: 'cluster';
      readonly namespace: string;
      /** Unset in a pod: the service account. */
      readonly kubeconfig: string | undefined;
    })
  | (CommonOptions & { readonly mode: 'gateway'; readonly home: string; readonly kubeconfig: string });

const USAGE = 'Usage: agent cluster | agent gateway --home <dir> --hub <url> --ca <file> --join-token-file <file>';

function need(value: string | undefined, name: string): string {
  if (value === undefined || value === '') throw new SlipwayError('BadRequest', `${name} is not set.`, { hint: USAGE });
  return value;
}

/** Options from the command line, and where it is silent from the environment (SLIPWAY_HUB_URL, SLIPWAY_HUB_CA_FILE, SLIPWAY_JOIN_TOKEN_FILE, POD_NAMESPACE). Throws `BadRequest`. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): AgentOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      home: { type: 'string' },
      hub: { type: 'string' },
      ca: { type: 'string' },
      'join-token-file': { type: 'string' },
      kubeconfig: { type: 'string' },
      helm: { type: 'string' },
      'work-dir': { type: 'string' },
      debug: { type: 'boolean' },
    },
  });
  const mode = positionals[0] ?? 'cluster';
  if (mode !== 'cluster' && mode !== 'gateway') throw new SlipwayError('BadRequest', `"${mode}" is no mode of the agent.`, { hint: USAGE });
  const home = values.home ?? env['SLIPWAY_HOME'];
  const workDir =
    values['work-dir'] ??
    env['SLIPWAY_AGENT_WORK_DIR'] ??
    (mode === 'gateway' && home !== undefined ? join(home, 'gateway', 'agent') : join(tmpdir(), 'slipway-agent'));
  const common: CommonOptions = {
    hubUrl: need(values.hub ?? env['SLIPWAY_HUB_URL'], 'The URL of the hub (--hub or SLIPWAY_HUB_URL)'),
    caFile: need(values.ca ?? env['SLIPWAY_HUB_CA_FILE'], 'The file of the hub’s CA (--ca or SLIPWAY_HUB_CA_FILE)'),
    joinTokenFile: need(
      values['join-token-file'] ?? env['SLIPWAY_JOIN_TOKEN_FILE'],
      'The file of the join token (--join-token-file or SLIPWAY_JOIN_TOKEN_FILE)',
    ),
    helm: values.helm ?? env['SLIPWAY_HELM'] ?? 'helm',
    workDir,
    debug: values.debug ?? env['SLIPWAY_DEBUG'] === '1',
  };
  if (mode === 'cluster') return { ...common, mode, namespace: env['POD_NAMESPACE'] ?? 'slipway-system', kubeconfig: values.kubeconfig };
  const root = need(home, 'The home of the gateway (--home or SLIPWAY_HOME)');
  return { ...common, mode, home: root, kubeconfig: values.kubeconfig ?? join(root, 'gateway', 'kubeconfig') };
}
