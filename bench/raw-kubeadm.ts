import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, silentLogger, waitFor } from '@slipway/kit';
import { createToolchain, kubernetesImageTags, machineArtifacts } from '@slipway/forge';
import { createHost, ensureNodeRoot, hostFacts, hostInstance, kubeadmSettings, type MachineDriver } from '@slipway/machines';
import { stringify } from 'yaml';

/**
 * The baseline: the same two machines, `kubeadm init`, `kubeadm join` and the same two charts by `helm install --wait`, with nothing of Slipway above
 * the machines. Seconds from the first machine to the last chart ready.
 */
export async function rawKubeadm(options: {
  home: string;
  cache: string;
  repoRoot: string;
  version: string;
  charts: readonly { path: string; release: string; values: object }[];
  helm: string;
}): Promise<{ total: number; parts: Record<string, number> }> {
  const toolchain = createToolchain({ repoRoot: options.repoRoot, cacheDir: options.cache, logger: silentLogger });
  const artifacts = { ...machineArtifacts(toolchain), nodeRoot: () => ensureNodeRoot({ cache: options.cache, logger: silentLogger }) };
  const host = await createHost(await hostInstance(options.home, options.cache), artifacts, silentLogger);
  const machine = (name: string) =>
    host.machines.create({
      name,
      labels: { role: 'bench' },
      kubernetesVersion: options.version,
      podCidr: '10.200.0.0/16',
      serviceCidr: '10.96.0.0/16',
      peerGroup: 'raw',
    });
  await host.ensureNetwork();
  const parts: Record<string, number> = {};
  const start = performance.now();
  let mark = start;
  const lap = (name: string) => {
    parts[name] = (performance.now() - mark) / 1000;
    mark = performance.now();
  };
  try {
    const [first, second] = await Promise.all([machine('raw-1'), machine('raw-2')]);
    lap('machines');
    const settings = kubeadmSettings(await hostFacts());
    const registration = (name: string, address: string) => ({
      name,
      criSocket: settings.criSocket,
      imagePullPolicy: 'IfNotPresent',
      ignorePreflightErrors: settings.ignorePreflightErrors,
      kubeletExtraArgs: [{ name: 'node-ip', value: address }],
    });
    const tags = kubernetesImageTags(options.version);
    const token = 'abcdef.0123456789abcdef';
    const init = [
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'InitConfiguration',
        bootstrapTokens: [{ token }],
        localAPIEndpoint: { advertiseAddress: first.address, bindPort: 6443 },
        nodeRegistration: registration('raw-1', first.address),
      },
      {
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'ClusterConfiguration',
        kubernetesVersion: options.version,
        networking: { podSubnet: '10.200.0.0/16', serviceSubnet: '10.96.0.0/16' },
        etcd: { local: { imageTag: tags.etcd } },
        dns: { imageTag: tags.coredns },
        controllerManager: { extraArgs: settings.controllerManagerExtraArgs },
      },
      settings.kubeletConfiguration,
      settings.kubeProxyConfiguration,
    ];
    await host.machines.writeFile('raw-1', '/root/init.yaml', init.map((document) => stringify(document)).join('---\n'));
    await must(host.machines, 'raw-1', ['kubeadm', 'init', '--config', '/root/init.yaml']);
    lap('kubeadm init');
    await host.machines.writeFile(
      'raw-2',
      '/root/join.yaml',
      stringify({
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        kind: 'JoinConfiguration',
        discovery: { bootstrapToken: { token, apiServerEndpoint: `${first.address}:6443`, unsafeSkipCAVerification: true } },
        nodeRegistration: registration('raw-2', second.address),
      }),
    );
    await must(host.machines, 'raw-2', ['kubeadm', 'join', '--config', '/root/join.yaml']);
    await waitFor(
      async () =>
        (
          await host.machines.exec('raw-1', [
            ...kubectl,
            'get',
            'nodes',
            '-o',
            'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}',
          ])
        ).stdout === 'True True',
      {
        what: 'two nodes to be Ready',
        timeoutMs: 120_000,
      },
    );
    lap('kubeadm join');
    const kubeconfig = (await host.machines.readFile('raw-1', '/etc/kubernetes/admin.conf')).toString();
    await Promise.all(options.charts.map((chart) => helmInstall(options, chart, kubeconfig)));
    lap('helm install');
    return { total: (performance.now() - start) / 1000, parts };
  } finally {
    await host.purge();
  }
}

const kubectl = ['kubectl', '--kubeconfig', '/etc/kubernetes/admin.conf'];

async function must(machines: MachineDriver, name: string, command: readonly string[]): Promise<void> {
  const result = await machines.exec(name, command, { timeoutMs: 300_000 });
  if (result.code !== 0) throw new Error(`${command.join(' ')} in ${name}: ${result.stderr.slice(-2000)}`);
}

async function helmInstall(
  options: { home: string; helm: string },
  chart: { path: string; release: string; values: object },
  kubeconfig: string,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-raw-'));
  try {
    await writeFile(join(dir, 'kubeconfig'), kubeconfig, { mode: 0o600 });
    await writeFile(join(dir, 'values.json'), JSON.stringify(chart.values));
    await run(
      options.helm,
      [
        'install',
        chart.release,
        chart.path,
        '--namespace',
        chart.release,
        '--create-namespace',
        '--wait',
        '--timeout',
        '180s',
        '-f',
        join(dir, 'values.json'),
        '--kubeconfig',
        join(dir, 'kubeconfig'),
      ],
      { env: { ...process.env, HOME: dir } },
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
