import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { backoff, messageOf, sleep, systemClock, type Logger } from '@slipway/kit';
import { createImageServer, createToolchain, machineArtifacts, toolchainEnvironment, type Toolchain } from '@slipway/forge';
import { createKubeClient, fromKubeconfig } from '@slipway/kube';
import { createAgentLink, createFileCredentialStore, createKubeTunnelHandler } from '@slipway/link';
import { createHost, ensureNodeRoot, hostInstance, imageServer, type Host } from '@slipway/machines';
import { joinTokenFrom } from '../join-token.ts';
import { AGENT_VERSION, type AgentOptions } from '../options.ts';
import { createFilePlanStore } from '../plan/plan-store.ts';
import { runGatewayAgent } from './gateway-agent.ts';
import { serveImages } from './serve-images.ts';

const REPO_ROOT = resolve(import.meta.dirname, '../../../..');

/** The agent of the gateway on this host: puts its parts together and runs it until the signal aborts. */
export async function runLocalGateway(options: AgentOptions & { mode: 'gateway' }, logger: Logger, signal: AbortSignal): Promise<void> {
  const connection = await fromKubeconfig(options.kubeconfig);
  const kube = createKubeClient(connection);
  const hubCa = await readFile(options.caFile, 'utf8');
  const credentials = createFileCredentialStore(join(options.workDir, 'credential.json'));
  const link = createAgentLink({
    hubUrl: options.hubUrl,
    ca: hubCa,
    credentials,
    logger,
    version: AGENT_VERSION,
    joinToken: joinTokenFrom(options.joinTokenFile),
    tunnel: createKubeTunnelHandler(connection, logger),
  });

  // Connected at once: what follows may take a while, and a gateway that is silent looks dead.
  const linked = link.start(signal);
  const { cacheDir, ...sources } = toolchainEnvironment(process.env);
  const toolchain = createToolchain({ repoRoot: REPO_ROOT, logger, ...sources, cacheDir });
  const instance = await hostInstance(options.home, cacheDir);
  const host = await createHost(
    instance,
    { ...machineArtifacts(toolchain, { signal }), nodeRoot: () => ensureNodeRoot({ cache: cacheDir, logger, signal }) },
    logger,
  );
  // The agent that clusters are told to run, also when the checkout has been edited since.
  const rolledOut: string[] = [];
  const images = serveImages(
    {
      listener: createImageServer({ toolchain, logger, signal, kept: (piece) => (piece === 'image/agent' ? rolledOut : []) }),
      address: hostAddress(instance.subnet),
      port: imageServer.port,
      logger,
    },
    signal,
  );
  const image = await agentImage(toolchain, logger, signal);
  rolledOut.push(image.path);
  await giveToMachines(host, image, logger, signal);
  const agent = runGatewayAgent(
    {
      kube,
      link,
      credentials,
      plans: createFilePlanStore(join(options.workDir, 'plan.json')),
      machines: host.machines,
      loadBalancers: host.loadBalancers,
      toolchain: {
        async ensureVersion(version, { onProgress, signal: stop }) {
          await toolchain.ensure(toolchain.forKubernetes(version), {
            signal: stop,
            onProgress: (progress) => onProgress(`${progress.piece}: ${progress.detail}`),
          });
        },
        async readyVersions() {
          const there = async (version: string) => {
            for (const piece of toolchain.forKubernetes(version)) if ((await toolchain.find(piece)) === undefined) return false;
            return true;
          };
          const versions = toolchain.kubernetesVersions();
          const found = await Promise.all(versions.map(there));
          return versions.filter((_, at) => found[at]);
        },
      },
      agent: { image: image.names[0]!, hubUrl: hubUrlForMachines(options.hubUrl, instance.subnet), hubCa },
      logger,
      version: AGENT_VERSION,
      clock: systemClock,
    },
    signal,
  );
  try {
    await Promise.all([linked, agent, images]);
  } finally {
    kube.close();
  }
}

/** The hub as agents in machines reach it: on the host's address in the machines' network. A hub elsewhere is reached as it is named. */
export function hubUrlForMachines(hubUrl: string, subnet: string): string {
  const url = new URL(hubUrl);
  if (url.hostname !== '127.0.0.1' && url.hostname !== 'localhost') return hubUrl;
  url.hostname = hostAddress(subnet);
  return url.href.replace(/\/$/, '');
}

/** The host's own address in the machines' network. */
const hostAddress = (subnet: string): string => subnet.replace(/\.\d+\/\d+$/, '.1');

type AgentImage = { readonly digest: string; readonly path: string; readonly names: readonly string[] };

/** The image of the agent as it is in this checkout; made if need be. A toolchain that fails (no disk) is tried again. */
async function agentImage(toolchain: Toolchain, logger: Logger, signal: AbortSignal): Promise<AgentImage> {
  for (let failures = 0; ; failures++) {
    try {
      const artifact = (await toolchain.ensure(['image/agent'], { signal })).get('image/agent');
      if (artifact?.names?.[0] === undefined) throw new TypeError('the toolchain names no image of the agent');
      return { digest: artifact.digest, path: artifact.path, names: artifact.names };
    } catch (error) {
      signal.throwIfAborted();
      logger.error({ error: messageOf(error) }, 'the image of the agent could not be made and is tried again');
      await sleep(backoff(failures, { baseMs: 2000, maxMs: 60_000 }), signal);
    }
  }
}

/** Machines that were made with an older Slipway have an older image, and no registry to pull this one from. */
async function giveToMachines(host: Host, image: AgentImage, logger: Logger, signal: AbortSignal): Promise<void> {
  for (const machine of await host.machines.list()) {
    if (machine.state !== 'Running' || machine.spec.kubernetesVersion === undefined) continue;
    await host.machines
      .importImages(machine.name, [image], signal)
      .catch((error: unknown) =>
        logger.warn({ machine: machine.name, error: messageOf(error) }, 'the image of the agent could not be brought into a machine'),
      );
  }
}
