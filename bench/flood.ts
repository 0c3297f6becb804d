/**
 * What a flood of one tenant costs another: the quiet tenant's gets, alone and beside a flood, and what thousands of half-open connections cost in memory. `npm run bench -- flood`;
 * `postgres` for a hub on PostgreSQL. The flood is another process; on a machine with few cores it takes from the hub what its own work takes.
 */
import { connect, type Socket } from 'node:net';
import { sleep } from '@slipway/kit';
import { API_VERSION } from '@slipway/model';
import { createBenchClient } from './api/client.ts';
import { startHub } from './api/targets.ts';
import type { Flooded } from './flooders.ts';
import { startHelper } from './helper.ts';
import { percentile, table } from './stats.ts';

const CONNECTIONS = 500;
const HALF_OPEN = 10_000;
const SECONDS = 20;
const v1 = `/apis/${API_VERSION}`;
const said = (text: string) => console.error(`- ${text}`);

const hub = await startHub(process.argv.includes('postgres') ? 'PostgreSQL' : 'PGlite');
try {
  const admin = createBenchClient(hub, 4);
  const made = (path: string, kind: string, name: string, spec: object, metadata: object = {}) =>
    admin.call('POST', path, { apiVersion: API_VERSION, kind, metadata: { name, ...metadata }, spec });
  await made(`${v1}/tenants`, 'Tenant', 'quiet', {});
  const inQuiet = `/tenants/quiet${v1}`;
  await made(`${inQuiet}/namespaces/default/serviceaccounts`, 'ServiceAccount', 'bench', {}, { namespace: 'default' });
  const subject = { kind: 'ServiceAccount', name: 'bench', project: 'default' };
  await made(`${inQuiet}/rolebindings`, 'RoleBinding', 'bench', { role: 'tenant-viewer', subjects: [subject] });
  await made(`${inQuiet}/apikeys`, 'ApiKey', 'bench', { owner: subject });
  const key = await admin.call('POST', `${inQuiet}/apikeys/bench/token`, {});
  const { token } = JSON.parse(key.body.toString('utf8')) as { token: string };
  const quiet = createBenchClient({ ...hub, token }, 2);

  /** Ten gets a second, as somebody at work asks. */
  const ask = async (): Promise<number[]> => {
    const took: number[] = [];
    for (const end = performance.now() + SECONDS * 1000; performance.now() < end;) {
      const start = performance.now();
      await quiet.call('GET', `${v1}/projects/default`);
      took.push(performance.now() - start);
      await sleep(100);
    }
    return took;
  };
  said('the quiet tenant alone');
  await ask();
  const alone = await ask();

  said(`beside ${CONNECTIONS} connections of another tenant that ask without a pause`);
  const { server, ca } = hub;
  const paths = [`${v1}/clusterprofiles`, `${v1}/projects/default`];
  const flood = startHelper<Flooded>('flooders.ts', { server, ca, token: hub.token, connections: CONNECTIONS, paths });
  await sleep(3000);
  const beside = await ask();
  const { answered, refused } = await flood.stop();

  said(`${HALF_OPEN} connections that say nothing`);
  const before = (await hub.memory()).api;
  const { hostname, port } = new URL(hub.server);
  const sockets: Socket[] = [];
  for (let n = 0; n < HALF_OPEN; n++) {
    sockets.push(connect(Number(port), hostname).on('error', () => undefined));
    if (n % 200 === 199) await sleep(20);
  }
  await sleep(2000);
  const after = (await hub.memory()).api;
  const during = await ask();
  for (const socket of sockets) socket.destroy();

  console.log(
    table([
      { name: 'get, quiet tenant alone', values: alone, unit: 'ms' },
      { name: 'get beside a flood', values: beside, unit: 'ms', aim: 2 * percentile(alone, 99), of: 'p99' },
      { name: `get beside ${HALF_OPEN} half-open connections`, values: during, unit: 'ms' },
      { name: 'memory for them', values: [after - before], unit: 'MiB', aim: 256 },
    ]),
  );
  console.log(
    `p99 beside the flood: ${(percentile(beside, 99) / percentile(alone, 99)).toFixed(2)}× of alone; the flood had ${answered} answers and ${refused} refusals`,
  );
  quiet.close();
  admin.close();
} finally {
  await hub.stop();
}
