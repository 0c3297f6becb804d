import { SlipwayError } from '@slipway/kit/errors';

/** One container of a pod as its status has it. */
export interface ContainerNow {
  readonly word: 'waiting' | 'running' | 'terminated';
  /** Of the instance that runs or ran last. */
  readonly id: string;
  readonly restarts: number;
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly state?: { readonly running?: object; readonly terminated?: object };
}

export interface PodStatus {
  readonly phase?: string;
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly initContainerStatuses?: readonly ContainerStatus[];
}

export function containerNow(status: PodStatus | undefined, name: string | undefined): ContainerNow {
  const all = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  const found = all.find((one) => one.name === name);
  const { running, terminated } = found?.state ?? {};
  const word = terminated !== undefined ? 'terminated' : running !== undefined ? 'running' : 'waiting';
  return { word, id: found?.containerID ?? '', restarts: found?.restartCount ?? 0 };
}

/** What a kubelet writes in place of a log, with 200, when the runtime has the container no more. Lines of a container have a time before them. */
export const saysGone = (line: string): boolean => /^unable to retrieve container logs for \S+$/.test(line);

export const goneError = (): SlipwayError => new SlipwayError('Gone', 'The node has removed that container, and its log with it.');

const isMissing = (error: unknown): boolean => error instanceof SlipwayError && (error.code === 'Gone' || error.code === 'BadRequest');

export interface LogSource {
  /** Reads from the beginning, the instance before or the one of now. */
  read(previous: boolean): Promise<void>;
  look(): Promise<ContainerNow>;
}

/**
 * The log of the container that ended last. A node keeps one ended container: from when it ends until the kubelet says CrashLoopBackOff, which may take as long as it waits to
 * start the next, `previous` names the one before that, which is removed already. Then the last one is what the API calls the current. `again` when it was started meanwhile.
 */
export async function readPrevious({ read, look }: LogSource): Promise<'previous' | 'last-ended' | 'again'> {
  try {
    await read(true);
    return 'previous';
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const before = await look();
  if (before.word !== 'terminated') {
    if (before.restarts > 0) return 'again';
    throw new SlipwayError('NotFound', 'This container has not ended yet: there is none before it.');
  }
  await read(false);
  const after = await look();
  return after.word === 'terminated' && after.id === before.id ? 'last-ended' : 'again';
}
