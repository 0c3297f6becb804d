import type { Clock } from '@slipway/kit';
import { type ApiObject, type AuditBody, type Kind, maskedDiff, maskValue } from '@slipway/model';
import { type AuditActor, type AuditContext, SYSTEM_USER } from './audit-context.ts';
import { type PendingRecord, pendingRecord } from './append.ts';

export type ChangeVerb = 'create' | 'update' | 'status' | 'delete' | 'remove';

export interface ObjectChange {
  readonly tenant: string;
  readonly verb: ChangeVerb;
  readonly before: ApiObject | undefined;
  readonly after: ApiObject | undefined;
  /** Secret values were written: their masks look the same. */
  readonly secretsChanged?: boolean;
}

/** Turns a change of an object into the record of it; undefined for what is an observation rather than a change. */
export type ChangeRecorder = (change: ObjectChange) => PendingRecord | undefined;

export function createChangeRecorder(deps: {
  context: AuditContext;
  clock: Clock;
  findKind: (kind: string) => Kind | undefined;
}): ChangeRecorder {
  return (change) => {
    const actor = deps.context.current();
    if (actor === undefined && isObservation(change)) return undefined;
    const about = (change.after ?? change.before) as ApiObject;
    const { name, namespace, uid } = about.metadata;
    const changes = changesOf(change);
    if (actor !== undefined) actor.recorded++;
    return pendingRecord(change.tenant, {
      ...stampOf(actor, deps.clock),
      verb: change.verb === 'status' ? 'update' : change.verb,
      object: {
        resource: deps.findKind(about.kind)?.plural ?? about.kind.toLowerCase(),
        ...(change.verb === 'status' ? { subresource: 'status' } : {}),
        ...(namespace === undefined ? {} : { project: namespace }),
        name,
        uid,
      },
      outcome: 'ok',
      ...(changes.length === 0 ? {} : { changes }),
    });
  };
}

/** Who, from where, by which request, when. */
export function stampOf(actor: AuditActor | undefined, clock: Clock): Pick<AuditBody, 'time' | 'user' | 'source' | 'request'> {
  return {
    time: new Date(clock.now()).toISOString(),
    user: actor?.user ?? SYSTEM_USER,
    ...(actor?.source === undefined ? {} : { source: actor.source }),
    ...(actor?.request === undefined ? {} : { request: actor.request }),
  };
}

/** What Slipway itself sees and writes down: status and events. Nobody decided anything, and a quiet fleet would fill the chain with it. */
const isObservation = ({ verb, before, after }: ObjectChange): boolean => verb === 'status' || (after ?? before)?.kind === 'Event';

function changesOf({ before, after, verb, secretsChanged }: ObjectChange): { path: string; from?: unknown; to?: unknown }[] {
  if (before === undefined || after === undefined || verb === 'remove') {
    return [
      {
        path: '',
        ...(before === undefined ? {} : { from: shown(before) }),
        ...(after === undefined || verb === 'remove' ? {} : { to: shown(after) }),
      },
    ];
  }
  const secrets = secretsChanged ? [{ path: 'spec', from: '***', to: '*** (secret values were written)' }] : [];
  return [...maskedDiff(decided(before), decided(after)), ...secrets];
}

const shown = (object: ApiObject): unknown => maskValue(decided(object));

/** What writers decide about: not versions, and not who owns which field. */
function decided({ metadata, spec, status }: ApiObject): unknown {
  const { labels, annotations, finalizers, ownerReferences, deletionTimestamp } = metadata;
  return { metadata: { labels, annotations, finalizers, ownerReferences, deletionTimestamp }, spec, status };
}
