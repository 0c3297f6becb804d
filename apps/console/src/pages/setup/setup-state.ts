import type { ApiObject } from '@slipway/model';
import type { Cluster } from '../../hub/objects.ts';

/** What is kept in the hub of somebody's beginning; all else follows from what there is. */
export interface SetupNotes {
  /** Which project the first cluster is for. */
  readonly project?: string;
  /** The first cluster was left for later. */
  readonly later?: boolean;
  /** The checklist is not wanted any more. */
  readonly dismissed?: boolean;
}

/** What is to be kept of it from now on; null forgets. */
export type SetupChange = { readonly [Field in keyof SetupNotes]?: SetupNotes[Field] | null };
export type Note = (change: SetupChange) => Promise<void>;

/** The annotation of one's own User object that holds them. */
export const NOTES = 'console.slipway.dev/setup';

/** What an annotation says; anybody who may may have written something else there, which is then as nothing. */
export function notesIn(text: string | undefined): SetupNotes {
  let kept: unknown;
  try {
    kept = JSON.parse(text ?? '{}');
  } catch {
    return {};
  }
  const { project, later, dismissed } = Object(kept) as Record<string, unknown>;
  return {
    ...(typeof project === 'string' ? { project } : {}),
    ...(later === true ? { later } : {}),
    ...(dismissed === true ? { dismissed } : {}),
  };
}

export const withChange = (notes: SetupNotes, change: SetupChange): SetupNotes => notesIn(JSON.stringify({ ...notes, ...change }));

export interface SetupFacts {
  readonly notes: SetupNotes;
  readonly clusters: readonly Cluster[];
  readonly users: readonly ApiObject[];
}

export interface SetupTask {
  readonly id: 'password' | 'project' | 'cluster' | 'running' | 'people';
  readonly title: string;
  readonly done: boolean;
}

/** The checklist of a beginning: done is what is there, however it came to be. */
export function setupTasks({ notes, clusters, users }: SetupFacts): SetupTask[] {
  return [
    { id: 'password', title: 'Choose the password of the first administrator', done: true },
    { id: 'project', title: 'Choose the first project', done: notes.project !== undefined || clusters.length > 0 },
    { id: 'cluster', title: 'Create the first cluster', done: clusters.length > 0 },
    { id: 'running', title: 'See it running', done: clusters.some(({ status }) => status?.phase === 'Running') },
    { id: 'people', title: 'Invite a colleague', done: users.length > 1 },
  ];
}

/** Where somebody is in the flow: they come back to it after a reload, on any browser. */
export type SetupStep = 'project' | 'cluster' | 'ready';

/** `making`: the cluster is there and its workers are not yet, so the page that makes them stays. */
export function setupStep({ notes, clusters }: Pick<SetupFacts, 'notes' | 'clusters'>, making = false): SetupStep {
  if (notes.project === undefined) return 'project';
  if (notes.later === true) return 'ready';
  return clusters.length > 0 && !making ? 'ready' : 'cluster';
}
