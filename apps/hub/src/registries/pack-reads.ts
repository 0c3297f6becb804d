import { createGate, type Gate, messageOf, SlipwayError } from '@slipway/kit';
import type { PackResolver } from '@slipway/link';
import {
  type ApiObject,
  type ChartRef,
  effectiveValues,
  invalidField,
  type KnownVersion,
  type ObjectStore,
  type PackAnswer,
  type PackInfo,
  packKey,
  packObjectName,
  type PackReads,
  type PackSpec,
  type PackVersion,
  registryKinds,
  type Values,
} from '@slipway/model';
import { checkValues } from '@slipway/packs';
import type { Timers } from '@slipway/runtime';
import { registryAddress } from './registry-reader.ts';
import { packsOf } from './sync/sync-registry.ts';

export interface PackReadsDeps {
  readonly packs: Pick<PackResolver, 'packInfo'>;
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly timers: Timers;
  /** Milliseconds that a write waits for one registry. */
  readonly answerMs?: number;
}

const ANSWER_MS = 10_000;
/** Packs that are fetched and read at once, of all writes. */
const AT_ONCE = 4;
/** Bytes of what the packs of one stack say, together. */
const TOGETHER = 64 * 2 ** 20;
/** Milliseconds for one schema, and for all slow ones that one write meets. A check takes some milliseconds. */
const SCHEMA_MS = 10_000;
const SLOW_MS = 30_000;
const ORDINARY_MS = 200;
/** For advice: registries that are looked into, and packs that are looked for. */
const REGISTRIES = 50;
const WANTED = 20;

/** Nobody can say: the registry is away, refuses its credentials, or something here is in the way. */
const UNCERTAIN: ReadonlySet<string> = new Set([
  'Unavailable',
  'Timeout',
  'TooManyRequests',
  'Unauthorized',
  'Forbidden',
  'Host',
  'Internal',
]);

/** What admission is told of packs: from what is held here, else from their registries, within bounds of time and memory. Never inside a transaction. */
export function createPackReads({ packs, store, timers, answerMs = ANSWER_MS }: PackReadsDeps): (tenant: string) => PackReads {
  const fetches = createGate({ atOnce: AT_ONCE });
  // One place each in the queue of the thread that checks: nobody's slow schemas hold up the others for long.
  const turns = new Map<string, Gate>();
  return (tenant) => {
    const answers = new Map<string, Promise<PackAnswer>>();
    const checks = new WeakMap<object, Map<string, ReturnType<PackReads['check']>>>();
    let [room, slow] = [TOGETHER, 0];

    const cataloguedAt = async (ref: ChartRef, project: string | undefined): Promise<PackVersion | undefined> => {
      const name = packObjectName(ref.registry, ref.name);
      const found = (await store.get({ tenant, ...packsOf({ project }), name })) as ApiObject<PackSpec> | undefined;
      return found?.spec.versions.find(({ version, withdrawn }) => version === ref.version && withdrawn !== true);
    };
    const ask = async (ref: ChartRef, given: string | undefined): Promise<PackAnswer> => {
      const project = ref.registryScope === 'project' ? given : undefined;
      if (ref.registryScope === 'project' && project === undefined) return { type: 'no-registry' };
      if ((await store.get(registryAddress({ tenant, project, name: ref.registry }))) === undefined) return { type: 'no-registry' };
      const { registry, name, version } = ref;
      try {
        const info = await inTime(fetches, () => packs.packInfo?.({ tenant, project, registry, name, version }), { timers, ms: answerMs });
        if (info === undefined) return { type: 'away', message: 'Packs are not read here.', catalogued: undefined };
        room -= sizeOf(info);
        return room < 0
          ? { type: 'refused', message: `what its packs say of themselves is more than ${TOGETHER / 2 ** 20} MiB together` }
          : { type: 'known', info };
      } catch (error) {
        const message = messageOf(error);
        if (error instanceof SlipwayError && !UNCERTAIN.has(error.code)) return { type: 'refused', message: withHint(error) };
        const catalogued = await cataloguedAt(ref, project);
        return { type: 'away', message, catalogued: catalogued && knownOf(catalogued) };
      }
    };
    const check = async (info: PackInfo, given: object): ReturnType<PackReads['check']> => {
      if (slow > SLOW_MS) return [invalidField('', 'is not checked: the schemas of these packs take too long together')];
      const turn = turns.get(tenant) ?? createGate({ atOnce: 1 });
      turns.set(tenant, turn);
      return turn(async () => {
        const begun = performance.now();
        const { causes } = await checkValues(info.valuesSchema, effective(info, given), { path: '', timeoutMs: SCHEMA_MS });
        slow += Math.max(0, performance.now() - begun - ORDINARY_MS);
        return causes;
      }).finally(() => {
        if (turn.idle()) turns.delete(tenant);
      });
    };
    return {
      info(ref, project) {
        const key = `${project ?? ''}/${packKey(ref)}`;
        const answer = answers.get(key) ?? ask(ref, project);
        answers.set(key, answer);
        return answer;
      },
      check(info, given) {
        const known = checks.get(given) ?? new Map<string, ReturnType<PackReads['check']>>();
        const answer = known.get(info.digest) ?? check(info, given);
        checks.set(given, known.set(info.digest, answer));
        return answer;
      },
      versions: (names, project) => versionsOf(store, { tenant, project }, names),
    };
  };
}

/** What is being fetched goes on when nobody waits any more: it is held then, and the next who asks has it. */
async function inTime<T>(
  gate: Gate,
  work: () => Promise<T> | undefined,
  { timers, ms }: { readonly timers: Timers; readonly ms: number },
): Promise<T | undefined> {
  let over = false;
  let cancel = (): void => undefined;
  const limit = new Promise<never>((_, reject) => {
    cancel = timers.after(ms, () => {
      over = true;
      reject(new SlipwayError('Timeout', `Its registry did not answer within ${ms / 1000} s.`));
    });
  });
  const working = gate(async () => (over ? undefined : work()));
  // Whatever becomes of it after the limit is told to whoever asks next.
  working.catch(() => undefined);
  return Promise.race([working, limit]).finally(() => cancel());
}

const withHint = ({ message, hint }: SlipwayError): string => (hint === undefined ? message : `${message} ${hint}`);

const effective = (info: PackInfo, given: object): Values => effectiveValues(info.values, given as Values);

/** Roughly, in characters. */
const sizeOf = ({ valuesYaml, readme, logo, manifests, valuesSchema }: PackInfo): number =>
  3 * valuesYaml.length +
  (readme?.length ?? 0) +
  (logo?.length ?? 0) +
  manifests.reduce((sum, { content }) => sum + content.length, 0) +
  (valuesSchema === undefined ? 0 : JSON.stringify(valuesSchema).length);

const knownOf = ({ version, kubernetes }: PackVersion): KnownVersion =>
  kubernetes === undefined ? { version } : { version, constraints: { kubernetes } };

/** What the catalogue knows, of the tenant's registries and of those of the project. */
async function versionsOf(
  store: PackReadsDeps['store'],
  { tenant, project }: { readonly tenant: string; readonly project: string | undefined },
  names: readonly string[],
): Promise<Record<string, KnownVersion[]>> {
  const known = new Map<string, KnownVersion[]>();
  for (const place of project === undefined ? [undefined] : [undefined, project]) {
    const kind = registryKinds.at(place === undefined ? 'tenant' : 'project').kind;
    const registries = (await store.list({ tenant, kind, project: place, limit: REGISTRIES })).items;
    for (const registry of registries) {
      for (const name of names.slice(0, WANTED)) {
        const found = await store.get({ tenant, ...packsOf({ project: place }), name: packObjectName(registry.metadata.name, name) });
        const versions = (found as ApiObject<PackSpec> | undefined)?.spec.versions.filter(({ withdrawn }) => withdrawn !== true) ?? [];
        known.set(name, [...(known.get(name) ?? []), ...versions.map(knownOf)]);
      }
    }
  }
  return Object.fromEntries(known);
}
