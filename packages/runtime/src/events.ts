import { sha256Hex, SlipwayError, type Clock } from '@slipway/kit';
import { DEFAULT_PROJECT, type ApiObject, type EventSpec, type NewObject, type ObjectStore } from '@slipway/model';

export interface EventInput {
  readonly regarding: Pick<ApiObject, 'kind' | 'metadata'>;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export interface EventRecorder {
  record(event: EventInput): Promise<void>;
}

/** The API conventions' limit. */
const MAX_MESSAGE = 1024;

/** An event as it is stored when it happens for the first time. Its name is made of what happened, so that a repeat finds it. */
export function newEvent({ regarding, type, reason, message }: EventInput, at: string, source = 'slipway'): NewObject<EventSpec> {
  const { name, uid, namespace } = regarding.metadata;
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
  const digest = sha256Hex(JSON.stringify([regarding.kind, uid, type, reason, text])).slice(0, 12);
  return {
    kind: 'Event',
    metadata: { name: `${name.slice(0, 200)}.${digest}`, namespace: namespace ?? DEFAULT_PROJECT },
    spec: {
      regarding: { kind: regarding.kind, name, uid },
      type,
      reason,
      message: text,
      source,
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
    },
  };
}

/**
 * Writes Event objects. The name is made of what happened, so a repeat raises `count` of the one that is there, also across restarts and replicas.
 */
export function createEventRecorder(deps: { store: ObjectStore; clock: Clock; source?: string }): EventRecorder {
  const { store, clock } = deps;

  async function record(event: EventInput): Promise<void> {
    const at = new Date(clock.now()).toISOString();
    const made = newEvent(event, at, deps.source);
    const ref = { kind: 'Event', project: made.metadata.namespace, name: made.metadata.name ?? '' };
    const known = (await store.get(ref)) as ApiObject<EventSpec> | undefined;
    if (known) {
      await store.update({ ...known, spec: { ...known.spec, count: known.spec.count + 1, lastTimestamp: at } });
      return;
    }
    await store.create(made);
  }

  return {
    async record(event) {
      try {
        await record(event);
      } catch (error) {
        // Another replica made or counted the same event in the same moment; once more counts ours.
        if (!(error instanceof SlipwayError) || (error.code !== 'Conflict' && error.code !== 'AlreadyExists')) throw error;
        await record(event);
      }
    },
  };
}
