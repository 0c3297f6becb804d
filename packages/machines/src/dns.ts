import { mkdir, readFile, rm } from 'node:fs/promises';
import { Resolver } from 'node:dns/promises';
import { join } from 'node:path';
import { messageOf, waitFor, type Logger } from '@slipway/kit';
import { cgroupProcesses } from './cgroups.ts';
import type { Containers } from './containers.ts';
import type { HostInstance, MachineArtifacts } from './driver.ts';
import { withLock } from './lock.ts';
import { hubName, machineDomain } from './machine-files.ts';
import type { HostNames } from './names.ts';
import type { Network } from './network.ts';
import { serviceArguments } from './service.ts';
import { readText, writeAtomic } from './trees.ts';

/** Names of machines for machines (and, through cluster DNS, for pods); what it does not know it asks the host's own name servers. */
export interface NameServer {
  /** Runs it if it does not run. */
  ensure(): Promise<void>;
  set(name: string, address: string): Promise<void>;
  unset(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface NameServerDeps {
  readonly instance: HostInstance;
  readonly names: HostNames;
  readonly containers: Containers;
  readonly network: Network;
  readonly artifacts: Pick<MachineArtifacts, 'nodeRoot'>;
  readonly logger: Logger;
}

export function createNameServer(deps: NameServerDeps): NameServer {
  const { names, containers } = deps;
  const container = names.dnsContainer;

  /** dnsmasq reads its host files again on SIGHUP. */
  async function reload(): Promise<void> {
    for (const pid of await cgroupProcesses(names.cgroup(container).slice(1))) {
      if ((await readText(`/proc/${pid}/comm`))?.trim() !== 'dnsmasq') continue;
      try {
        process.kill(pid, 'SIGHUP');
      } catch {
        // It ended in between; its successor reads the files anyway.
      }
    }
  }

  async function set(name: string, address: string): Promise<void> {
    await mkdir(names.dnsHosts, { recursive: true, mode: 0o755 });
    const line = `${address} ${name} ${name}.${machineDomain}\n`;
    if ((await readText(join(names.dnsHosts, name))) === line) return;
    await writeAtomic(join(names.dnsHosts, name), line, 0o644);
    if ((await containers.pid(container)) !== undefined) await announced(name, address);
  }

  /** Until dnsmasq answers with it: the machine's first look-up may come at once. One that does not answer is told, but is no reason to fail a machine. */
  async function announced(name: string, address: string): Promise<void> {
    const resolver = new Resolver({ timeout: 200, tries: 1 });
    resolver.setServers([names.dnsAddress]);
    const known = async () => {
      const answer = await resolver.resolve4(`${name}.${machineDomain}`).catch((): string[] => []);
      if (answer.includes(address)) return true;
      // Told again: a signal that came while it was starting is lost.
      await reload();
      return false;
    };
    await waitFor(known, { what: `the name ${name}`, timeoutMs: 3000, intervalMs: 15 }).catch((error: unknown) =>
      deps.logger.warn({ name, error: messageOf(error) }, 'the name server does not answer'),
    );
  }

  return {
    set,

    async unset(name) {
      await rm(join(names.dnsHosts, name), { force: true });
      await reload();
    },

    ensure: () =>
      withLock(join(names.locks, container), {}, async () => {
        if ((await containers.pid(container)) !== undefined) return;
        const directory = join(deps.instance.home, 'dns');
        await mkdir(directory, { recursive: true, mode: 0o755 });
        await set(hubName, names.hostAddress);
        await writeAtomic(join(directory, 'resolv.conf'), upstreams(await hostResolvers()), 0o644);
        await deps.network.attach(container, names.dnsAddress);
        await containers.launch(container, {
          kind: 'service',
          hostname: 'dns',
          rootPath: await deps.artifacts.nodeRoot(),
          rootReadonly: true,
          args: serviceArguments(dnsmasqCommand(names.dnsAddress), '/srv/log'),
          netnsPath: names.netnsPath(container),
          binds: [{ source: directory, target: '/srv' }],
        });
      }),

    stop: () => withLock(join(names.locks, container), {}, () => containers.end(container, 3000)),
  };
}

const dnsmasqCommand = (address: string): string[] => [
  'dnsmasq',
  '--keep-in-foreground',
  '--user=root',
  '--pid-file=',
  '--log-facility=-',
  `--listen-address=${address}`,
  '--bind-interfaces',
  '--no-hosts',
  '--addn-hosts=/srv/hosts',
  `--local=/${machineDomain}/`,
  '--domain-needed',
  '--resolv-file=/srv/resolv.conf',
  '--cache-size=1000',
];

/** Text of the host's name servers: behind systemd-resolved the real ones are in a file of its own. */
async function hostResolvers(): Promise<string> {
  return (await readText('/run/systemd/resolve/resolv.conf')) ?? (await readFile('/etc/resolv.conf', 'utf8').catch(() => ''));
}

/** Pure: the name servers in a resolv.conf that another network namespace can reach; loopback ones it cannot. */
export function upstreams(resolvConf: string): string {
  return resolvConf
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1])
    .filter((server): server is string => server !== undefined && !server.startsWith('127.') && server !== '::1')
    .map((server) => `nameserver ${server}\n`)
    .join('');
}
