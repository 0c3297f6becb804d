import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface SlowReaderLimits {
  /** A client that takes nothing of what waits for it for so long is cut off. */
  readonly stalledMs: number;
  /** What waits in all connections together; beyond it the largest are cut off. */
  readonly totalBytes: number;
}

export const SLOW_READER_LIMITS: SlowReaderLimits = { stalledMs: 30_000, totalBytes: 256 * 1024 * 1024 };

/** What is written to clients waits in memory until they read it: they have to read, and together they may not have the hub hold more than so much. */
export function createSlowReaders(limits: SlowReaderLimits) {
  const readers = new Set<Socket>();
  return {
    watch(socket: Socket): void {
      readers.add(socket);
      socket.once('close', () => readers.delete(socket));
    },
    /** Node calls back when nothing moved for so long, not even a part of a large write; an answer that waits for something to tell is no slow reader. */
    bound(response: ServerResponse): void {
      response.setTimeout(limits.stalledMs, () => {
        if ((response.socket?.writableLength ?? 0) > 0) response.destroy();
      });
    },
    /** Called every few seconds. */
    sweep(): void {
      const waiting = [...readers].filter((socket) => socket.writableLength > 0);
      let total = waiting.reduce((sum, socket) => sum + socket.writableLength, 0);
      if (total <= limits.totalBytes) return;
      for (const socket of waiting.toSorted((a, b) => b.writableLength - a.writableLength)) {
        total -= socket.writableLength;
        socket.destroy();
        if (total <= limits.totalBytes) return;
      }
    },
  };
}
