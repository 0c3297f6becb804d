import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createJsonLogger, messageOf, SlipwayError, startTrimming, type Logger } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, inCluster } from '@slipway/kube';
import { createAgentLink, createKubeTunnelHandler } from '@slipway/link';
import { createHelm } from '@slipway/packs';
import { runClusterAgent } from './cluster-agent.ts';
import type { runLocalGateway as RunLocalGateway } from './gateway/local-gateway.ts';
import { joinTokenFrom } from './join-token.ts';
import { AGENT_VERSION, parseOptions, type AgentOptions } from './options.ts';
import { createSecretCredentialStore } from './plan/credential-secret.ts';
import { createSecretPlanStore } from './plan/plan-store.ts';

/** Exit codes: 0 ended by a signal, 2 wrong options, 1 anything else. */
const EXIT_USAGE = 2;
/** What still runs after a signal is cut off: Kubernetes would kill the pod soon after. */
const SHUTDOWN_MS = 8000;

async function runCluster(options: AgentOptions & { mode: 'cluster' }, logger: Logger, signal: AbortSignal): Promise<void> {
  // An agent shares its node with the workloads.
  startTrimming({ restingMiB: 3, busyMiB: 8 }, signal);
  const connection = options.kubeconfig === undefined ? await inCluster() : await fromKubeconfig(options.kubeconfig);
  const kube = createKubeClient(connection);
  const credentials = createSecretCredentialStore(kube, options.namespace);
  const link = createAgentLink({
    hubUrl: options.hubUrl,
    ca: await readFile(options.caFile, 'utf8'),
    credentials,
    logger,
    version: AGENT_VERSION,
    joinToken: joinTokenFrom(options.joinTokenFile),
    tunnel: createKubeTunnelHandler(connection, logger),
  });
  const helm = createHelm({
    binary: options.helm,
    workDir: join(options.workDir, 'helm'),
    kube,
    logger,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
  });
  const plans = createSecretPlanStore(kube, options.namespace);
  const { namespace, workDir } = options;
  await runClusterAgent({ kube, link, helm, credentials, plans, logger, version: AGENT_VERSION, namespace, workDir }, signal);
  kube.close();
}

async function runGateway(options: AgentOptions & { mode: 'gateway' }, logger: Logger, signal: AbortSignal): Promise<void> {
  // Not a plain import: the program in the cluster's image is bundled from this file and must not carry the host's machines and the toolchain.
  const module = (await import(new URL('./gateway/local-gateway.ts', import.meta.url).href)) as { runLocalGateway: typeof RunLocalGateway };
  await module.runLocalGateway(options, logger, signal);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env);
  const logger = createJsonLogger(options.debug ? 'debug' : 'info');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      logger.info({ signal: name }, 'stopping');
      stop.abort(new DOMException('the agent was stopped', 'AbortError'));
      setTimeout(() => process.exit(0), SHUTDOWN_MS).unref();
    });
  logger.info({ mode: options.mode, hub: options.hubUrl, version: AGENT_VERSION }, 'the agent starts');
  await (options.mode === 'cluster' ? runCluster(options, logger, stop.signal) : runGateway(options, logger, stop.signal));
  logger.info({}, 'the agent has stopped');
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const usage = error instanceof SlipwayError && error.code === 'BadRequest';
    const hint = error instanceof SlipwayError ? error.hint : undefined;
    process.stderr.write(`${messageOf(error)}${hint === undefined ? '' : `\n${hint}`}\n`);
    process.exit(usage ? EXIT_USAGE : 1);
  },
);
