import { type Clock, SlipwayError } from '@slipway/kit';
import type { AuditBody, AuditFilter, ChainedRecord } from '@slipway/model';
import type { AuditBookmark, AuditBookmarks, AuditLog, BookmarkKey } from '@slipway/store';
import type { SinkTarget } from './target.ts';

export interface Delivery {
  readonly key: BookmarkKey;
  readonly target: SinkTarget;
  readonly filter: AuditFilter;
  readonly start: 'beginning' | 'now';
  /** Milliseconds a record may wait for others to be sent with. */
  readonly lingerMs: number;
  /** Told where it is before something is sent, and afterwards. */
  readonly onPlace: (place: Place) => void;
}

export interface DeliveryDeps {
  readonly log: Pick<AuditLog, 'list' | 'head'>;
  readonly bookmarks: Pick<AuditBookmarks, 'open' | 'announce' | 'confirm'>;
  readonly clock: Clock;
}

export interface Place extends Pick<AuditBookmark, 'seq' | 'delivered' | 'lost'> {
  readonly lag: number;
  /** Milliseconds until waiting records are due; 0 when more are due at once; undefined when there is nothing to do. */
  readonly dueInMs: number | undefined;
}

/** Records and characters of one batch: what is in memory for a sink at most. */
const BATCH_RECORDS = 500;
const BATCH_CHARACTERS = 1024 * 1024;
const SEND_TIMEOUT_MS = 15_000;

/**
 * Sends the next batch, if one is due. Which records it has is written down before it is sent, and that it was confirmed afterwards: whatever crashes in between, the
 * very same batch is sent again, and none is left out.
 */
export async function deliverNext(deps: DeliveryDeps, delivery: Delivery, signal: AbortSignal): Promise<Place> {
  const { log, bookmarks, clock } = deps;
  const { key } = delivery;
  const head = (await log.head(key.tenant))?.seq ?? 0;
  const at = await bookmarks.open(key, delivery.start === 'now' ? head : 0);
  const place = ({ seq, delivered, lost }: AuditBookmark, dueInMs: number | undefined): Place => {
    const found = { seq, delivered, lost, lag: Math.max(0, head - seq), dueInMs };
    delivery.onPlace(found);
    return found;
  };
  if (head <= at.seq) return place(at, undefined);
  const page = await log.list({ tenant: key.tenant, after: at.seq, limit: BATCH_RECORDS });
  const batch = at.pending === undefined ? fitting(page) : page.filter(({ seq }) => seq <= (at.pending as number));
  // When retention has taken all that was announced, the announced end is where it goes on.
  const upTo = at.pending ?? batch.at(-1)?.seq;
  if (upTo === undefined) return place(at, undefined);
  if (at.pending === undefined) {
    const wait = batch.length < page.length || page.length === BATCH_RECORDS ? 0 : waits(batch, delivery, clock);
    if (wait > 0) return place(at, wait);
    const lost = (batch[0]?.seq ?? upTo) - at.seq - 1;
    if (!(await bookmarks.announce(key, { after: at.seq, upTo, lost }))) throw overtaken();
  }
  place(at, 0);
  const sent = await send(delivery, batch, signal);
  // Announced, perhaps sent, never confirmed, and then taken by retention: nobody can say that it arrived.
  const missing = at.pending === undefined ? 0 : upTo - at.seq - batch.length;
  const confirmed = { after: at.seq, upTo, records: sent.taken, lost: sent.rejected + missing };
  if (!(await bookmarks.confirm(key, confirmed))) throw overtaken();
  const now = await bookmarks.open(key, 0);
  return place(now, head > now.seq ? 0 : undefined);
}

async function send({ filter, target, key }: Delivery, batch: readonly ChainedRecord[], signal: AbortSignal) {
  const records = batch.filter((record) => isWanted(filter, JSON.parse(record.body) as AuditBody));
  if (records.length === 0) return { taken: 0, rejected: 0 };
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT_MS)]);
  const { rejected } = await target.send({ tenant: key.tenant, records }, timeout);
  return { taken: records.length - rejected, rejected };
}

/** What fits in one batch. A single record that is larger goes alone. */
function fitting(page: readonly ChainedRecord[]): readonly ChainedRecord[] {
  let size = 0;
  const end = page.findIndex(({ body }, index) => (size += body.length) > BATCH_CHARACTERS && index > 0);
  return end < 0 ? page : page.slice(0, end);
}

function waits([first]: readonly ChainedRecord[], { lingerMs }: Delivery, clock: Clock): number {
  if (first === undefined || lingerMs === 0) return 0;
  // A record may be from a replica whose clock is ahead.
  return Math.min(lingerMs, Date.parse((JSON.parse(first.body) as AuditBody).time) + lingerMs - clock.now());
}

const overtaken = (): SlipwayError => new SlipwayError('Conflict', 'Another replica delivers to this sink now.');

/** Every list of the filter that is given holds the record's value. */
export function isWanted(filter: AuditFilter, body: AuditBody): boolean {
  const has = (wanted: readonly string[] | undefined, value: string | undefined): boolean =>
    wanted === undefined || (value !== undefined && wanted.includes(value));
  return (
    has(filter.verbs, body.verb) &&
    has(filter.resources, body.object?.resource) &&
    has(filter.projects, body.object?.project) &&
    has(filter.users, body.user.name) &&
    has(filter.outcomes, body.outcome)
  );
}
