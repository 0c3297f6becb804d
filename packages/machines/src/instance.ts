import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex, SlipwayError } from '@slipway/kit';
import { run } from './programs.ts';
import type { HostInstance } from './driver.ts';
import { cidrContains, parseCidr, subnetAt } from './addresses.ts';
import { readText, writeAtomic } from './trees.ts';

/** Machine networks are /24s of this: one per instance. */
const machineNetworks = '10.88.0.0/16';

/**
 * The instance of this home: its id comes from the path, its subnet is picked once (the first free /24 counting from the id) and kept in
 * `<home>/instance.json`.
 *
 * @throws SlipwayError('Host') when no /24 of 10.88.0.0/16 is free on this host.
 */
export async function hostInstance(home: string, cache: string): Promise<HostInstance> {
  const id = instanceId(home);
  await mkdir(home, { recursive: true, mode: 0o755 });
  const file = join(home, 'instance.json');
  const kept = keptSubnet(await readText(file));
  if (kept !== undefined) return { id, home, cache, subnet: kept };
  const subnet = pickSubnet(id, await routedSubnets());
  await writeAtomic(file, `${JSON.stringify({ id, subnet })}\n`, 0o644);
  return { id, home, cache, subnet };
}

/** Pure: the subnet in the text of instance.json; what cannot be read counts as not there, so that a purge still works. */
export function keptSubnet(text: string | undefined): string | undefined {
  try {
    const { subnet } = JSON.parse(text ?? '{}') as { subnet?: unknown };
    return typeof subnet === 'string' && cidrContains(machineNetworks, parseCidr(subnet).network) ? subnet : undefined;
  } catch {
    return undefined;
  }
}

/** Six characters that the path of the home decides. */
export const instanceId = (home: string): string =>
  BigInt(`0x${sha256Hex(home).slice(0, 12)}`)
    .toString(36)
    .padStart(6, '0')
    .slice(-6);

/** Pure: the first free /24 of 10.88.0.0/16, counting from where the id points. */
export function pickSubnet(id: string, taken: readonly string[]): string {
  const first = Number.parseInt(sha256Hex(id).slice(0, 4), 16) % 256;
  for (let step = 0; step < 256; step++) {
    const candidate = subnetAt(machineNetworks, 24, (first + step) % 256);
    if (!taken.some((other) => overlaps(candidate, other))) return candidate;
  }
  throw new SlipwayError('Host', `Every /24 of ${machineNetworks} is taken by another network of this host.`, {
    hint: 'Remove instances that are no longer used with: slipway purge',
  });
}

/** Networks this host has a route to, the default route left out. */
export async function routedSubnets(): Promise<string[]> {
  const { stdout } = await run('ip', ['-j', '-4', 'route', 'show', 'table', 'all']);
  const routes = JSON.parse(stdout || '[]') as { dst: string; type?: string }[];
  return routes
    .filter((route) => route.dst !== 'default' && !['broadcast', 'local', 'multicast'].includes(route.type ?? ''))
    .map((route) => (route.dst.includes('/') ? route.dst : `${route.dst}/32`));
}

export function overlaps(a: string, b: string): boolean {
  return cidrContains(a, parseCidr(b).network) || cidrContains(b, parseCidr(a).network);
}
