import type { Transport } from '@slipway/api/browser';
import { SlipwayError } from '@slipway/kit/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogFollow, type LogSnapshot } from './log-follow.ts';
import { FIRST_CHOICE } from './log-query.ts';

const POD = { project: 'default', cluster: 'dev', namespace: 'shop', pod: 'web-0' };
const PREVIOUS = { ...FIRST_CHOICE, container: 'web', previous: true };
const GONE = 'unable to retrieve container logs for containerd://715aac52';
const words = (text: string) => `2026-11-28T04:00:00.1Z ${text}`;

interface Node {
  /** Of the instance before, and of the one of now: lines, or a refusal. */
  readonly previous: readonly string[] | SlipwayError;
  readonly current?: readonly string[];
  readonly state: 'running' | 'terminated' | 'waiting';
  readonly restarts: number;
  readonly id?: string;
}

/** A node that is one thing after the other, by how often its pod was looked at. */
function nodeOf(...stages: readonly [Node, ...Node[]]): Transport {
  let looked = 0;
  const now = () => stages[Math.min(looked, stages.length - 1)] ?? stages[0];
  return {
    text: async () => {
      const { state, restarts, id = 'a' } = now();
      looked += 1;
      const status = { name: 'web', containerID: id, restartCount: restarts, state: { [state]: {} } };
      return JSON.stringify({ status: { phase: 'Running', containerStatuses: [status] } });
    },
    async *lines(_path, options) {
      const { previous, current = [] } = now();
      const said = options?.query?.['previous'] === 'true' ? previous : current;
      if (said instanceof SlipwayError) throw said;
      yield* said;
    },
    close: () => undefined,
  };
}

/** What stands there in the end. */
async function ended(transport: Transport): Promise<LogSnapshot> {
  const log = createLogFollow(transport, POD, PREVIOUS);
  const stop = log.start();
  await vi.runAllTimersAsync();
  stop();
  return log.snapshot();
}
const texts = ({ lines }: LogSnapshot) => lines.map(({ text }) => text);

describe('a log that is followed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('waits for the next container where one has ended, which is no connection that broke, and goes on with what it says', async () => {
    const log = createLogFollow(
      nodeOf(
        { previous: [], current: [words('panic')], state: 'terminated', restarts: 1 },
        { previous: [], current: [words('panic'), words('new life').replace('00.1Z', '01.1Z')], state: 'running', restarts: 2 },
      ),
      POD,
      { ...FIRST_CHOICE, container: 'web' },
    );
    const stop = log.start();
    await vi.advanceTimersByTimeAsync(1000);
    expect([log.snapshot().state, log.snapshot().between, texts(log.snapshot())]).toEqual(['again', true, ['panic']]);
    await vi.advanceTimersByTimeAsync(2000);
    expect([log.snapshot().state, log.snapshot().between, texts(log.snapshot())]).toEqual(['again', false, ['panic', 'new life']]);
    stop();
  });
});

describe('the log of the container before', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('is what the node gives', async () => {
    const now = await ended(nodeOf({ previous: [words('panic')], state: 'running', restarts: 1 }));
    expect([now.state, now.lastEnded, texts(now)]).toEqual(['ended', false, ['panic']]);
  });

  it('is of the last one that ended where that is all a node has kept, and says so; what the node says instead of a log is no line of it', async () => {
    const now = await ended(nodeOf({ previous: [GONE], current: [words('panic')], state: 'terminated', restarts: 2 }));
    expect([now.state, now.lastEnded, texts(now)]).toEqual(['ended', true, ['panic']]);
  });

  it('is of the first one before it was started again', async () => {
    const refused = new SlipwayError('BadRequest', 'previous terminated container "web" in pod "web-0" not found');
    const now = await ended(nodeOf({ previous: refused, current: [words('panic')], state: 'terminated', restarts: 0 }));
    expect([now.lastEnded, texts(now)]).toEqual([true, ['panic']]);
  });

  it('is not taken from one that was started meanwhile: the node is asked again', async () => {
    const now = await ended(
      nodeOf(
        { previous: [GONE], current: [words('new life')], state: 'terminated', restarts: 2, id: 'b' },
        { previous: [GONE], current: [words('new life')], state: 'running', restarts: 3, id: 'c' },
        { previous: [words('panic')], state: 'running', restarts: 3, id: 'c' },
      ),
    );
    expect([now.state, now.lastEnded, texts(now)]).toEqual(['ended', false, ['panic']]);
  });

  it('is not there where nothing has ended', async () => {
    const refused = new SlipwayError('BadRequest', 'previous terminated container "web" in pod "web-0" not found');
    const now = await ended(nodeOf({ previous: refused, state: 'running', restarts: 0 }));
    expect([now.state, now.error?.message, texts(now)]).toEqual([
      'failed',
      'This container has not ended yet: there is none before it.',
      [],
    ]);
  });

  it('is given up when the node has removed it for good', async () => {
    const now = await ended(nodeOf({ previous: [GONE], state: 'running', restarts: 1 }));
    expect([now.state, now.error?.message]).toEqual(['failed', 'The node has removed that container, and its log with it.']);
  });
});
