import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:https';
import { createCa, issueCertificate, waitFor } from '@slipway/kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupProcesses } from './cgroups.ts';
import type { LoadBalancer, LoadBalancerServer } from './driver.ts';
import { hostNames } from './names.ts';
import { createTestHost, type TestHost } from './test-host.ts';
import { readText } from './trees.ts';

interface Upstream {
  readonly server: Server;
  readonly target: LoadBalancerServer;
  ready: boolean;
}

describe.skipIf(process.getuid?.() !== 0)('load balancers', () => {
  let test: TestHost;
  let endpoint: LoadBalancer;
  let pair: { cert: string; key: string };
  const upstreams: Upstream[] = [];

  async function upstream(name: string): Promise<Upstream> {
    const address = hostNames(test.instance).hostAddress;
    const made = { ready: true } as { -readonly [key in keyof Upstream]: Upstream[key] };
    made.server = createServer({ key: pair.key, cert: pair.cert }, (incoming, response) => {
      response.writeHead(incoming.url === '/readyz' && !made.ready ? 500 : 200).end(name);
    });
    made.server.listen(0, address);
    await once(made.server, 'listening');
    const bound = made.server.address();
    made.target = { name, address, port: typeof bound === 'object' && bound ? bound.port : 0 };
    upstreams.push(made);
    return made;
  }

  /** Who answers; a connection of its own unless an agent keeps one. */
  const ask = (agent: Agent | false = false): Promise<string> =>
    new Promise((resolve, reject) => {
      const options = { host: endpoint.address, port: endpoint.port, path: '/', agent, rejectUnauthorized: false, timeout: 2000 };
      const sent = request(options, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(text));
      });
      sent.on('timeout', () => sent.destroy(new Error('timed out')));
      sent.on('error', reject);
      sent.end();
    });
  const askMany = async (count: number) => {
    const answers: string[] = [];
    for (let index = 0; index < count; index++) answers.push(await ask().catch((error: Error) => `failed: ${error.message}`));
    return [...new Set(answers)].toSorted();
  };
  const eventually = (who: string[]) =>
    waitFor(async () => (await askMany(6)).join() === who.join(), { what: `answers from ${who.join()}`, timeoutMs: 8000, intervalMs: 50 });

  beforeAll(async () => {
    test = await createTestHost();
    pair = await issueCertificate(await createCa('test'), { commonName: 'server' });
    await test.host.ensureNetwork();
    endpoint = await test.host.loadBalancers.ensure('lb1', 6443, { cluster: 'c' });
  });
  afterAll(async () => {
    for (const { server } of upstreams) server.close().closeAllConnections();
    await test.host.purge();
  });

  it('have one address for life and are found by their labels', async () => {
    expect((await test.host.loadBalancers.ensure('lb1', 6443, { cluster: 'c' })).address).toBe(endpoint.address);
    expect(await test.host.loadBalancers.list({ cluster: 'c' })).toEqual([endpoint]);
    expect(await test.host.loadBalancers.list({ cluster: 'x' })).toEqual([]);
    await expect(test.host.loadBalancers.ensure('lb1', 7000, {})).rejects.toThrow(/serves port 6443/);
    await expect(test.host.loadBalancers.setServers('none', [])).rejects.toThrow(/no load balancer "none"/);
  });

  it('serve the healthy and never send anyone to a server that is not there', async () => {
    const a = await upstream('a');
    await test.host.loadBalancers.setServers('lb1', [a.target]);
    await eventually(['a']);
    const dead = { name: 'dead', address: a.target.address, port: 1 };
    await test.host.loadBalancers.setServers('lb1', [a.target, dead]);
    expect(await askMany(40)).toEqual(['a']);
    const b = await upstream('b');
    await test.host.loadBalancers.setServers('lb1', [a.target, b.target]);
    await eventually(['a', 'b']);
  });

  it('leave connections alone when others come and go, and let a draining server finish', async () => {
    const [a, b] = upstreams;
    if (!a || !b) throw new Error('the servers of the test before are gone');
    await test.host.loadBalancers.setServers('lb1', [a.target]);
    await eventually(['a']);
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    expect(await ask(kept)).toBe('a');
    const socket = Object.values(kept.freeSockets)[0]?.[0];
    await test.host.loadBalancers.setServers('lb1', [{ ...a.target, drain: true }, b.target]);
    await eventually(['b']);
    expect(await ask(kept)).toBe('a');
    expect(Object.values(kept.freeSockets)[0]?.[0]).toBe(socket);
    kept.destroy();
    await test.host.loadBalancers.setServers('lb1', [a.target, b.target]);
    await eventually(['a', 'b']);
  });

  it('take a server out that is not ready, and in again', async () => {
    const [a] = upstreams;
    if (!a) throw new Error('the servers of the test before are gone');
    a.ready = false;
    await eventually(['b']);
    a.ready = true;
    await eventually(['a', 'b']);
  });

  it('are told by another process than made them, and come back by themselves with their servers', async () => {
    const [a, b] = upstreams;
    if (!a || !b) throw new Error('the servers of the test before are gone');
    const other = await test.reopen();
    await other.loadBalancers.setServers('lb1', [b.target]);
    await eventually(['b']);
    const names = hostNames(test.instance);
    for (const pid of await cgroupProcesses(names.cgroup(names.loadBalancerContainer('lb1')).slice(1))) {
      if ((await readText(`/proc/${pid}/comm`))?.trim() === 'haproxy') process.kill(pid, 'SIGKILL');
    }
    await eventually(['b']);
    await test.host.stopAll();
    await expect(ask()).rejects.toThrow();
    await test.host.startAll();
    await eventually(['b']);
  });

  it('are removed with their address, once or twice', async () => {
    await test.host.loadBalancers.remove('lb1');
    await test.host.loadBalancers.remove('lb1');
    expect(await test.host.loadBalancers.list()).toEqual([]);
    await expect(ask()).rejects.toThrow();
  });
});
