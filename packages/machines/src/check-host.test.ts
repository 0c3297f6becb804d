import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { hostPrograms, requireDisk, requirePort } from './check-host.ts';

describe('needs of the host', () => {
  it('name a port that is taken and how to find who has it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const bound = server.address();
    const port = typeof bound === 'object' && bound ? bound.port : 0;
    await expect(requirePort('127.0.0.1', port)).rejects.toMatchObject({
      code: 'Host',
      message: `Port ${port} on 127.0.0.1 is taken by another program.`,
      hint: expect.stringContaining(String(port)),
    });
    server.close();
    await once(server, 'close');
    await expect(requirePort('127.0.0.1', port)).resolves.toBeUndefined();
  });

  it('name what a disk has and what is needed', async () => {
    await expect(requireDisk(tmpdir(), 0)).resolves.toBeUndefined();
    await expect(requireDisk(tmpdir(), 1e9)).rejects.toMatchObject({
      code: 'Host',
      message: expect.stringMatching(/GiB free; 1000000000 GiB are needed/),
    });
  });

  it('are few', () => {
    expect([...new Set(Object.values(hostPrograms))].toSorted()).toEqual([
      'iproute2',
      'iptables',
      'mmdebstrap',
      'mount',
      'runc',
      'tar',
      'util-linux',
    ]);
  });
});
