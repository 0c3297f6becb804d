import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { sleep } from '@slipway/kit';
import { expect, test } from 'vitest';
import { createTransport } from './transport.ts';

/** Listens with room for one connection in waiting, and says where. */
const SERVER = `
const server = require('node:http').createServer((request, response) => response.end('{}'));
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));
`;

test('a connection that does not come about is tried again, also for a POST: nothing was sent', async () => {
  const child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const port = Number(line.toString());
    // A server that is stopped accepts nothing; when its queue is full the kernel is silent to whoever comes next, like a machine that is gone.
    child.kill('SIGSTOP');
    for (let i = 0; i < 8; i++) waiting.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await sleep(100);
    const transport = createTransport({ server: `http://127.0.0.1:${port}` }, 300);
    const answer = transport.request('/', { method: 'POST', body: {}, timeoutMs: 10_000 });
    const early = await Promise.race([answer.then(() => 'answered'), sleep(450).then(() => 'silence')]);
    expect(early).toBe('silence');
    for (const socket of waiting) socket.destroy();
    child.kill('SIGCONT');
    await answer;
    const started = performance.now();
    child.kill('SIGSTOP');
    for (let i = 0; i < 8; i++) waiting.push(connect(port, '127.0.0.1').on('error', () => undefined));
    await sleep(100);
    const other = createTransport({ server: `http://127.0.0.1:${port}` }, 100);
    await expect(other.request('/', { timeoutMs: 10_000 })).rejects.toThrow('no connection in 0.1 s');
    expect(performance.now() - started, 'it gives up after a few').toBeLessThan(5000);
    transport.close();
    other.close();
  } finally {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
  }
});
