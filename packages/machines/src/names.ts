import { join } from 'node:path';
import type { HostInstance } from './driver.ts';
import { addressAt } from './addresses.ts';

/**
 * Every name this package gives to something of the host, in one place: purge finds things by these names alone, so what is not named
 * here must not be made. Interface names may have 15 characters.
 */
export function hostNames(instance: Pick<HostInstance, 'id' | 'home' | 'subnet'>) {
  const { id, home } = instance;
  /** On tmpfs where the host has one; gone after a reboot like all that it describes. */
  const run = `/run/slipway-${id}`;
  return {
    run,
    runcRoot: join(run, 'runc'),
    bridge: `slw-${id}`,
    hostAddress: addressAt(instance.subnet, 1),
    dnsAddress: addressAt(instance.subnet, 2),
    /** Host end of a veth pair; the last octet of the address makes it unique. */
    veth: (address: string) => `slv-${id}-${address.split('.')[3]}`,
    vethPrefix: `slv-${id}-`,
    netns: (container: string) => `slw-${id}-${container}`,
    netnsPrefix: `slw-${id}-`,
    netnsPath: (container: string) => `/run/netns/slw-${id}-${container}`,
    cgroupRoot: `slipway-${id}`,
    cgroup: (container: string) => `/slipway-${id}/${container}`,
    /** Comment on every iptables rule of the instance. */
    ruleTag: `slipway-${id}`,
    containerDirectory: (container: string) => join(run, 'containers', container),
    machines: join(home, 'machines'),
    machine: (name: string) => join(home, 'machines', name),
    loadBalancers: join(home, 'load-balancers'),
    loadBalancer: (name: string) => join(home, 'load-balancers', name),
    addresses: join(home, 'addresses'),
    locks: join(home, 'run', 'locks'),
    dnsHosts: join(home, 'dns', 'hosts'),
    /** Container names: a machine's is its own; an underscore cannot be in a machine's name. */
    dnsContainer: '_dns',
    loadBalancerContainer: (name: string) => `lb_${name}`,
  };
}

export type HostNames = ReturnType<typeof hostNames>;
