export interface GateOptions {
  /** Works that go on at once. */
  readonly atOnce: number;
  /** Works that may wait for their turn; without it as many as come. */
  readonly waiting?: number;
  /** What one that may not wait is told. */
  readonly tooMany?: () => Error;
}

export interface Gate {
  <T>(work: () => Promise<T>): Promise<T>;
  /** Nothing goes on. */
  idle(): boolean;
}

/** Lets so many works go on at once; others wait in the order they came. */
export function createGate({ atOnce, waiting = Number.POSITIVE_INFINITY, tooMany }: GateOptions): Gate {
  const queue: (() => void)[] = [];
  let running = 0;
  const gate = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running < atOnce) running++;
    else {
      if (queue.length >= waiting) throw tooMany?.() ?? new Error('too many wait already');
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running--;
      else next();
    }
  };
  return Object.assign(gate, { idle: () => running === 0 });
}
