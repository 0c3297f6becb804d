import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from '@slipway/kit';
import { type Kind, kinds, secretFieldsOf } from '@slipway/model';
import type { ServedKind } from '@slipway/api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiPair, startApiPair } from './testing/api-pair.ts';
import { causesOf, differenceFor } from './testing/differences.ts';
import { type Operation, operationsOf } from './testing/differential-operations.ts';
import type { Answer } from './testing/test-api.ts';
import { widgetKind } from './testing/widget-kind.ts';

/** Runs of each kind; SLIPWAY_DIFFERENTIAL_RUNS and SLIPWAY_DIFFERENTIAL_SEED for more and others. Always the same ones otherwise, so that a red run is about the commit. */
const RUNS = Number(process.env.SLIPWAY_DIFFERENTIAL_RUNS ?? 8);
const SEED = Number(process.env.SLIPWAY_DIFFERENTIAL_SEED ?? 20_261_121);

/** Kinds with secrets are written and never read back, which no CustomResourceDefinition can be: their own tests hold them. */
const tested: readonly Kind[] = [widgetKind, ...kinds.filter((kind) => !kind.readOnly && secretFieldsOf(kind).length === 0)];

/** What must be the same: everything but identity, versions and times. */
function comparable({ status, body }: Answer): unknown {
  if (body?.kind === 'Status') {
    const { reason, details = {} } = body;
    const { name, group, kind } = details as { name?: string; group?: string; kind?: string };
    return { status, reason, success: body.status, name, group, kind, causes: causesOf({ status, body, warnings: [] }) };
  }
  if (body?.metadata === undefined) return { status, body };
  const { uid: _uid, resourceVersion, creationTimestamp, deletionTimestamp, managedFields = [], ...metadata } = body.metadata;
  const owners = managedFields.map(({ time, ...entry }: { time?: string }) => ({ ...entry, timed: time !== undefined }));
  // The order is by time, which differs between the two.
  const key = (entry: Record<string, unknown>) => canonicalJson([entry.manager, entry.operation, entry.apiVersion, entry.subresource]);
  return {
    status,
    object: {
      ...body,
      metadata: {
        ...metadata,
        versioned: resourceVersion !== undefined,
        created: creationTimestamp !== undefined,
        deleting: deletionTimestamp !== undefined,
        managedFields: owners.toSorted((a: Record<string, unknown>, b: Record<string, unknown>) => (key(a) < key(b) ? -1 : 1)),
      },
    },
  };
}

describe('the same requests to the hub and to a real kube-apiserver', () => {
  let pair: ApiPair;
  const used = new Map<string, number>();
  beforeAll(async () => {
    pair = await startApiPair(tested);
  }, 120_000);
  afterAll(() => pair?.stop());

  it.each(tested.map(({ kind }) => kind))(`%s (seed ${SEED})`, { timeout: 60_000 + RUNS * 5_000 }, async (kindName) => {
    const versions = pair.served.find(([stored]) => stored?.kind.kind === kindName) ?? [];
    const served = versions[0] as ServedKind;
    let run = 0;
    let compared = 0;
    const result = await fc.check(
      fc.asyncProperty(operationsOf(versions), async (operations) => {
        compared += await compareRun(served, operations, `d${SEED}-${run++}`.toLowerCase());
      }),
      { numRuns: RUNS, seed: SEED, endOnFailure: true },
    );
    // The requests are in the message; fast-check's own report would print the functions that make them.
    if (result.failed) throw result.errorInstance;
    expect(compared, 'enough answers are the same, not excused').toBeGreaterThanOrEqual(
      /"oneOf"/.test(JSON.stringify(served.json)) ? RUNS / 8 : RUNS * 2,
    );
  });

  it('lists, pages and watch options', { timeout: 60_000 }, async () => {
    const collection = '/apis/slipway.dev/v1/namespaces/default/widgets';
    const to = [pair.hub, pair.kubernetes];
    for (const name of ['l-a', 'l-b', 'l-c']) {
      const labels = { list: 'yes', last: String(name === 'l-c') };
      const body = {
        apiVersion: 'slipway.dev/v1',
        kind: 'Widget',
        metadata: { name, labels },
        spec: { mode: name === 'l-a' ? 'fast' : 'slow' },
      };
      await Promise.all(to.map((send) => send({ method: 'POST', path: collection, body })));
    }
    const version = async (send: ApiPair['hub']): Promise<string> =>
      (await send({ method: 'GET', path: `${collection}?limit=1` })).body.metadata.resourceVersion;
    const versions = await Promise.all(to.map(version));
    const shown = ({ status, body }: Answer): unknown => {
      const { details = {}, metadata = {}, reason, items = [] } = body;
      const names = items.map((item: { metadata: { name: string } }) => item.metadata.name).filter((name: string) => name.startsWith('l-'));
      const causes = (details.causes ?? [])
        .map(({ reason: why, field }: { reason: string; field: string }) => `${why} ${field}`)
        .toSorted();
      return { status, kind: body.kind, reason, causes, names, more: metadata.continue !== undefined && metadata.continue !== '' };
    };
    const queries = [
      'labelSelector=list%3Dyes',
      'labelSelector=list%3Dyes&limit=2',
      'labelSelector=list%3Dyes,last!%3Dtrue',
      'labelSelector=last+in+(true,x),!none',
      'labelSelector=list%3Dyes&resourceVersion=0',
      'labelSelector=list%3Dyes&resourceVersion=0&resourceVersionMatch=NotOlderThan',
      'labelSelector=list%3Dyes&resourceVersion=RV&resourceVersionMatch=NotOlderThan',
      'labelSelector=list%3Dyes&resourceVersion=RV&resourceVersionMatch=Exact',
      'fieldSelector=metadata.name%3Dl-b',
      'fieldSelector=metadata.name!%3Dl-b,metadata.namespace%3Ddefault&labelSelector=list',
      'resourceVersionMatch=Exact',
      'resourceVersionMatch=NotOlderThan',
      'resourceVersion=0&resourceVersionMatch=Exact',
      'resourceVersion=1&resourceVersionMatch=Sideways',
      'resourceVersion=RV&resourceVersionMatch=Exact&continue=x',
      'sendInitialEvents=true',
      'watch=1&resourceVersionMatch=NotOlderThan&timeoutSeconds=1',
      'watch=1&sendInitialEvents=true&timeoutSeconds=1',
      'watch=1&sendInitialEvents=true&resourceVersionMatch=Exact&timeoutSeconds=1',
      'labelSelector=a+%3D%3D%3D',
      'watch=1&labelSelector=a+%3D%3D%3D&timeoutSeconds=1',
      'watch=1&fieldSelector=spec.secret%3Dx&timeoutSeconds=1',
      'fieldSelector=spec.secret%3Dx',
      'limit=x',
    ];
    for (const query of queries) {
      const answers = await Promise.all(
        to.map((send, index) => send({ method: 'GET', path: `${collection}?${query.replace('RV', versions[index] as string)}` })),
      );
      const [ours, theirs] = answers.map(shown);
      expect(ours, `${query}: ${JSON.stringify(answers.map(({ body }) => body)).slice(0, 1500)}`).toEqual(theirs);
    }
    // kube-apiserver answers 500 there.
    const unreadable = await pair.hub({ method: 'GET', path: `${collection}?watch=1&resourceVersion=x&timeoutSeconds=1` });
    expect([unreadable.status, unreadable.body.reason]).toEqual([400, 'BadRequest']);
    const future = await Promise.all(to.map((send) => send({ method: 'GET', path: `${collection}?resourceVersion=99999999999` })));
    expect(shown(future[0] as Answer)).toEqual(shown(future[1] as Answer));
  });

  it('a streaming list is everything there is, then a bookmark that says so', { timeout: 60_000 }, async () => {
    const path = '/apis/slipway.dev/v1/namespaces/default/widgets';
    const query =
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=2&labelSelector=list%3Dyes';
    const shown = await Promise.all(
      [pair.hub, pair.kubernetes].map(async (send) => {
        const { status, body } = await send({ method: 'GET', path: `${path}?${query}` });
        const events = String(body)
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line));
        const end = events.findIndex(({ type }) => type === 'BOOKMARK');
        const { annotations, resourceVersion } = events[end].object.metadata;
        return {
          status,
          names: events
            .slice(0, end)
            .map(({ type, object }) => `${type} ${object.metadata.name}`)
            .toSorted(),
          bookmark: [events[end].object.kind, annotations, typeof resourceVersion],
        };
      }),
    );
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]?.names).toHaveLength(3);
  });

  it('deletes a collection by selectors, as a dry run and for good', { timeout: 60_000 }, async () => {
    const path = '/apis/slipway.dev/v1/namespaces/default/widgets';
    const to = [pair.hub, pair.kubernetes];
    for (const name of ['c-a', 'c-b', 'c-c']) {
      const metadata = {
        name,
        labels: { collection: name === 'c-c' ? 'other' : 'one' },
        ...(name === 'c-b' ? { finalizers: ['example.com/f'] } : {}),
      };
      await Promise.all(
        to.map((send) => send({ method: 'POST', path, body: { apiVersion: 'slipway.dev/v1', kind: 'Widget', metadata, spec: {} } })),
      );
    }
    const shown = ({ status, body }: Answer): unknown => ({
      status,
      kind: body.kind,
      items: (body.items ?? []).map(({ metadata }: any) => [metadata.name, metadata.finalizers ?? []]),
    });
    const both = async (method: string, query: string) =>
      (await Promise.all(to.map((send) => send({ method, path: `${path}?${query}` })))).map(shown);
    for (const [method, query] of [
      ['DELETE', 'labelSelector=collection%3Done&dryRun=All'],
      ['GET', 'labelSelector=collection'],
      ['DELETE', 'labelSelector=collection%3Done'],
      ['GET', 'labelSelector=collection'],
      ['DELETE', 'fieldSelector=metadata.name%3Dc-c'],
      ['GET', 'labelSelector=collection'],
      ['DELETE', 'labelSelector=a+%3D%3D%3D'],
    ] as const) {
      const [ours, theirs] = await both(method, query);
      expect(ours, `${method} ${query}`).toEqual(theirs);
    }
  });

  async function compareRun({ kind, json }: ServedKind, operations: readonly Operation[], name: string): Promise<number> {
    const placeIn = (version: string) => {
      const collection = `/apis/slipway.dev/${version}/${kind.scope === 'project' ? 'namespaces/default/' : ''}${kind.plural}`;
      return { path: `${collection}/${name}`, collection, name };
    };
    const done: string[] = [];
    let same = 0;
    for (const operation of operations) {
      const place = placeIn(operation.version);
      const [hubLive, kubernetesLive] = await Promise.all(
        [pair.hub, pair.kubernetes].map(async (to) => {
          const { status, body } = await to({ method: 'GET', path: place.path });
          return status === 200 ? body : undefined;
        }),
      );
      const [hubCall, kubernetesCall] = [operation.call({ ...place, live: hubLive }), operation.call({ ...place, live: kubernetesLive })];
      const [hub, kubernetes] = await Promise.all([pair.hub(hubCall), pair.kubernetes(kubernetesCall)]);
      done.push(`${operation.what}: ${JSON.stringify(hubCall)}`);
      const [ours, theirs] = [comparable(hub), comparable(kubernetes)];
      if (isDeepStrictEqual(ours, theirs)) {
        same++;
        continue;
      }
      const difference = differenceFor({ hub, kubernetes, operation: operation.what, call: hubCall, schema: json });
      if (difference !== undefined) used.set(difference.id, (used.get(difference.id) ?? 0) + 1);
      // What differs on purpose leads the two apart: the rest of this run would compare other states.
      if (difference?.leadsApart === true) return same;
      if (difference !== undefined) continue;
      expect(ours, `${done.join('\n')}\nhub: ${JSON.stringify(hub.body)}\nKubernetes: ${JSON.stringify(kubernetes.body)}`).toEqual(theirs);
    }
    return same;
  }
});
