import { z } from 'zod';
import { SCOPES } from '../meta/scopes.ts';
import type { ApiObject } from '../meta/object.ts';

/**
 * What a rollout knows of a cluster stands at the cluster: the write that moves it records where it came from, so that there is no moment at which one is true and the
 * other is not, and no status of ten thousand clusters has to be written for each of them.
 */
export const ROLLOUT_ANNOTATION = 'slipway.dev/rollout';

const markSchema = z.object({
  /** Of the Rollout. */
  uid: z.string(),
  name: z.string(),
  /** The profile it is about. */
  of: z.object({ scope: z.enum(SCOPES), name: z.string() }),
  wave: z.string(),
  /** The version before; empty when the profile was not there. */
  from: z.string(),
  to: z.string(),
  /** When it was moved, or refused. All times RFC 3339. */
  at: z.string(),
  /** Why it cannot be moved: nothing was changed. */
  refused: z.string().optional(),
  /** Paths of overrides that somebody has to decide about first, when nothing else is in the way; and the generation of the cluster that was looked at. */
  conflicts: z.array(z.string()).optional(),
  generation: z.number().int().optional(),
  done: z.string().optional(),
  failed: z.object({ at: z.string(), message: z.string() }).optional(),
  /** When it was moved back. */
  back: z.string().optional(),
  /** Why it could not be moved back. */
  stays: z.string().optional(),
});
export type RolloutMark = z.infer<typeof markSchema>;

/** The mark of the rollout that moved a cluster last; undefined when there is none, or what is there was not written by a rollout. */
export function markOf(cluster: Pick<ApiObject, 'metadata'>): RolloutMark | undefined {
  const text = cluster.metadata.annotations?.[ROLLOUT_ANNOTATION];
  if (text === undefined) return undefined;
  try {
    const parsed = markSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a cluster that waited for decisions was changed since: it is worth another try. */
export const decidedSince = ({ conflicts, generation = 0 }: RolloutMark, cluster: Pick<ApiObject, 'metadata'>): boolean =>
  conflicts !== undefined && cluster.metadata.generation > generation;

export function withMark<T extends Pick<ApiObject, 'metadata'>>(cluster: T, mark: RolloutMark): T {
  const annotations = { ...cluster.metadata.annotations, [ROLLOUT_ANNOTATION]: JSON.stringify(mark) };
  return { ...cluster, metadata: { ...cluster.metadata, annotations } };
}
