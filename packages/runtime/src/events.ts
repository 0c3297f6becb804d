import { sha256Hex, SlipwayError, type Clock } from '@slipway/kit';
import { DEFAULT_PROJECT, type ApiObject, type EventSpec, type ObjectStore } from '@slipway/model';

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

/**
 * Writes Event objects. The name is made of what happened, so a repeat raises `count` of the one that is there, also across restarts and replicas.
 */
export function createEventRecorder(deps: { store: ObjectStore; clock: Clock; source?: string }): EventRecorder {
  const { store, clock } = deps;

  async function record({ regarding, type, reason, message }: EventInput): Promise<void> {
    const { name, uid, namespace } = regarding.metadata;
    const project = namespace ?? DEFAULT_PROJECT;
    const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE - 1)}…` : message;
    const digest = sha256Hex(JSON.stringify([regarding.kind, uid, type, reason, text])).slice(0, 12);
    const at = new Date(clock.now()).toISOString();
    const ref = { kind: 'Event', project, name: `${name.slice(0, 200)}.${digest}` };
    const known = (await store.get(ref)) as ApiObject<EventSpec> | undefined;
    if (known) {
      await store.update({ ...known, spec: { ...known.spec, count: known.spec.count + 1, lastTimestamp: at } });
      return;
    }
    const spec: EventSpec = {
      regarding: { kind: regarding.kind, name, uid },
      type,
      reason,
      message: text,
      source: deps.source ?? 'slipway',
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
    };
    await store.create({ kind: 'Event', metadata: { name: ref.name, namespace: project }, spec });
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
