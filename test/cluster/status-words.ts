import { waitFor } from '@slipway/kit';
import { expect } from 'vitest';
import { picture } from '../console/screenshots.ts';
import type { RealConsole } from './real-console.ts';

/** A sentence as the console says it: times in it are the reader's own. */
const sentence = (message: string): RegExp =>
  new RegExp(
    message
      .split(/\d{4}-\d\d-\d\dT[\d:.]+Z/)
      .map((part) => part.replaceAll(/[^\w\s]/g, String.raw`\$&`))
      .join('.{5,20}'),
  );

/** Word, icon, age and reason of a cluster's state: one sentence in the API, by command line, on its page and in the list. */
export async function showStatus(real: RealConsole, phase: 'Running' | 'Unknown'): Promise<any> {
  const { page, instance } = real;
  const { status } = await real.cluster();
  expect(status.phase).toBe(phase);
  const listed = (await instance.slipway(['get', 'clusters', '-o', 'wide'])).stdout;
  expect(listed).toContain(phase);
  expect(listed).toContain(status.message);
  expect(listed).toContain(status.phaseSince);
  await real.open('');
  const head = page.getByRole('main');
  await head.getByText(phase, { exact: true }).first().waitFor();
  await head.getByText(sentence(status.message)).first().waitFor();
  await head.locator(`time[datetime="${status.phaseSince}"]`).first().waitFor();
  await real.go('/console/clusters/list');
  const row = page.locator('[data-row]').filter({ hasText: 'dev' });
  await row.getByText(phase, { exact: true }).waitFor();
  expect(await row.locator('svg').count()).toBeGreaterThan(0);
  await row.getByText(sentence(status.message)).waitFor();
  await row.locator(`time[datetime="${status.phaseSince}"]`).waitFor();
  return status;
}

/** Takes the network between the machines of the cluster and the hub away, or gives it back. */
async function network({ instance, url }: RealConsole, there: boolean): Promise<void> {
  const machines: any[] = JSON.parse((await instance.slipway(['machine', 'list', '-o', 'json'])).stdout);
  const own = machines.filter(({ labels }) => labels.cluster?.endsWith('/dev') === true);
  expect(own.length).toBe(2);
  const rule = ['FORWARD', '-p', 'tcp', '--dport', new URL(url).port, '-j', 'DROP'];
  for (const { name } of own) await instance.slipway(['machine', 'exec', name, '--', 'iptables', there ? '-D' : '-I', ...rule]);
}

/** Contact is lost: that nothing is known is said, with how long ago somebody heard of it, until it is back. */
export async function showLostContact(real: RealConsole): Promise<void> {
  const becomes = (phase: string) =>
    waitFor(async () => (await real.cluster()).status.phase === phase, {
      what: `the cluster to be ${phase}`,
      timeoutMs: 300_000,
      intervalMs: 1000,
    });
  await network(real, false);
  try {
    await becomes('Unknown');
    const { agent, message } = await showStatus(real, 'Unknown');
    expect(message).toContain(`has not been heard of since ${agent.lastSeen}`);
    await real.open('');
    await real.page.getByRole('main').getByText('Unknown', { exact: true }).first().waitFor();
    await picture(real.page, 'lost-contact');
  } finally {
    await network(real, true);
  }
  await becomes('Running');
}
