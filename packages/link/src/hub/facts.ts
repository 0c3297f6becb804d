import { type Clock, SlipwayError } from '@slipway/kit';
import { clusterFactsSchema, type Facts, factsSchema, gatewayFactsSchema } from '@slipway/model';
import type { LinkStore } from '../link-store.ts';
import type { FactsReader, LinkSubject } from '../ports.ts';
import { once } from './once.ts';

export interface FactsKeeperDeps {
  readonly store: LinkStore;
  readonly clock: Clock;
  readonly changed: (subject: LinkSubject) => void;
}

export interface FactsKeeper extends Pick<FactsReader, 'cluster' | 'gateway'> {
  /** Checks and stores what `subject` reported about itself. */
  accept(subject: LinkSubject, body: unknown): Promise<void>;
}

/** Keeps the last facts per uid. One write per uid at a time: an agent that floods is told to wait and slows nobody else. */
export function createFactsKeeper(deps: FactsKeeperDeps): FactsKeeper {
  const writing = new Set<string>();
  const clusterFactsOf = once((row: { body: string }) => clusterFactsSchema.safeParse(JSON.parse(row.body)));
  const gatewayFactsOf = once((row: { body: string }) => gatewayFactsSchema.safeParse(JSON.parse(row.body)));
  return {
    accept: async (subject, body) => {
      const facts = parse(body);
      const about = facts.kind === 'ClusterFacts' ? { kind: 'cluster', uid: facts.clusterUid } : { kind: 'gateway', uid: facts.gatewayUid };
      if (about.kind !== subject.kind || about.uid !== subject.uid) {
        throw new SlipwayError('Forbidden', `An agent reports facts about its own ${subject.kind} only.`);
      }
      if (writing.has(subject.uid)) {
        throw new SlipwayError('TooManyRequests', 'Facts of this agent are being written. Send the newest again.', { retryAfter: 1 });
      }
      writing.add(subject.uid);
      try {
        await deps.store.putFacts(subject.uid, JSON.stringify(facts), deps.clock.now());
      } finally {
        writing.delete(subject.uid);
      }
      deps.changed(subject);
    },
    cluster: async (uid) => {
      const row = await deps.store.facts(uid);
      if (!row) return undefined;
      const facts = clusterFactsOf(row);
      return facts.success ? { facts: facts.data, at: new Date(row.at).toISOString() } : undefined;
    },
    gateway: async (uid) => {
      const row = await deps.store.facts(uid);
      if (!row) return undefined;
      const facts = gatewayFactsOf(row);
      return facts.success ? { facts: facts.data, at: new Date(row.at).toISOString() } : undefined;
    },
  };
}

function parse(body: unknown): Facts {
  const parsed = factsSchema.safeParse(body);
  if (parsed.success) return parsed.data;
  const causes = parsed.error.issues.slice(0, 10).map((issue) => ({ field: issue.path.join('.'), message: issue.message }));
  throw new SlipwayError('Invalid', `The facts do not have the agreed shape: ${causes[0]?.field}: ${causes[0]?.message}`, { causes });
}
