import type { Duplex, Readable, Writable } from 'node:stream';

/**
 * Carries bytes both ways with back-pressure until both directions have ended. The end of one direction is passed on as an end; a side that breaks
 * takes the other with it. Resolves when both are closed.
 */
export async function splice(a: Duplex, b: Duplex): Promise<void> {
  await Promise.all([oneWay(a, b), oneWay(b, a)]);
}

function oneWay(from: Duplex, to: Duplex): Promise<void> {
  return new Promise((resolve) => {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => {
      // After an orderly end `to` still has bytes to send, and is ended by pipe() when they are through.
      if (!from.readableEnded) to.destroy();
      resolve();
    });
  });
}

/**
 * Carries a body one way with back-pressure. Resolves when all of it is handed on, or when the receiver is gone. Calls `broken` when the sender breaks
 * off in the middle. Not `pipeline`: that takes an HTTP/2 stream whose other side has ended already for one that closed too early.
 */
export function relay(from: Readable, to: Writable, broken: () => void): Promise<void> {
  return new Promise((resolve) => {
    to.once('finish', resolve);
    to.once('close', () => {
      from.unpipe(to);
      resolve();
    });
    from.once('error', broken);
    from.once('close', () => {
      if (!from.readableEnded) broken();
    });
    from.pipe(to);
  });
}
