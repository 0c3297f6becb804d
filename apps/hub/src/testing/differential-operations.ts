import type { ServedKind } from '@slipway/api';
import { apiVersionOf } from '@slipway/model';
import fc from 'fast-check';
import type { Call } from './test-api.ts';
import { valuesOf } from './custom-resource.ts';

/** One request, made when its turn comes, from what the server then holds; each server is told its own versions and uids. */
export interface Operation {
  readonly what: string;
  /** Of the kind, that the request is made in. */
  readonly version: string;
  readonly call: (state: { path: string; collection: string; name: string; live: any }) => Call;
}

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

const metadataOf = fc.record(
  {
    labels: fc.dictionary(fc.constantFrom('a', 'b', 'example.com/c'), fc.constantFrom('1', '2'), { maxKeys: 2, noNullPrototype: true }),
    annotations: fc.dictionary(fc.constantFrom('n', 'o'), fc.constantFrom('1', '2'), { maxKeys: 2, noNullPrototype: true }),
    finalizers: fc.uniqueArray(fc.constantFrom('example.com/f', 'example.com/g'), { maxLength: 2 }),
    ownerReferences: fc.constantFrom(
      [],
      [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' }],
      [
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1', controller: true },
        { apiVersion: 'v1', kind: 'ConfigMap', name: 'p', uid: 'u2' },
      ],
    ),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const query = (parts: Record<string, string | undefined>): string => {
  const given = Object.entries(parts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
};

/** Drops some fields of an object, so that an apply or patch names only a part. */
const partOf = (value: Record<string, unknown>, keep: number): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter((_, index) => ((keep >> (index % 8)) & 1) === 1));

type Request = Omit<Operation, 'version'>;

/** The requests of one run against one object of a kind, each in one of its versions. */
export function operationsOf(versions: readonly ServedKind[]): fc.Arbitrary<Operation[]> {
  const requests = versions.map((served) => {
    const { first, any } = requestsOf(served);
    const inVersion = (request: Request): Operation => ({ ...request, version: served.kind.version });
    return { first: first.map(inVersion), any: any.map(inVersion) };
  });
  const first = fc.oneof(...requests.map((one) => one.first));
  const any = fc.oneof(...requests.map((one) => one.any));
  return fc.tuple(first, fc.array(any, { minLength: 3, maxLength: 12 })).map(([head, rest]) => [head, ...rest]);
}

/** Requests in one version: those a run can begin with, and all. */
function requestsOf({ kind, structural }: ServedKind): { first: fc.Arbitrary<Request>; any: fc.Arbitrary<Request> } {
  const spec = valuesOf(structural.spec) as fc.Arbitrary<Record<string, unknown>>;
  const status = valuesOf(structural.status) as fc.Arbitrary<Record<string, unknown>>;
  const type = { apiVersion: apiVersionOf(kind), kind: kind.kind };
  const manager = fc.constantFrom('one', 'two', 'kubectl');
  const dryRun = fc.option(fc.constant('All'), { freq: 6, nil: undefined });
  const fieldValidation = fc.constant('Strict');
  const whole = fc.record({ spec, metadata: metadataOf, manager, dryRun, fieldValidation });

  const create = whole.map(({ spec: wanted, metadata, manager: fieldManager, ...rest }): Request => ({
    what: 'create',
    call: ({ collection, name }) => ({
      method: 'POST',
      path: `${collection}${query({ fieldManager, ...rest })}`,
      body: { ...type, metadata: { ...metadata, name }, spec: wanted },
    }),
  }));
  const apply = fc
    .record({ whole, keep: fc.integer({ min: 0, max: 255 }), force: fc.boolean(), status })
    .map(({ whole: { spec: wanted, metadata, manager: fieldManager, dryRun: dry }, keep, force, status: told }): Request => ({
      what: `apply by ${fieldManager}${force ? ', forced' : ''}`,
      call: ({ path, name }) => ({
        method: 'PATCH',
        type: APPLY,
        path: `${path}${query({ fieldManager, force: String(force), dryRun: dry })}`,
        body: { ...type, metadata: { ...metadata, name }, spec: partOf(wanted, keep), ...(keep % 7 === 0 ? { status: told } : {}) },
      }),
    }));
  const replace = fc
    .record({ whole, stale: fc.integer({ min: 0, max: 5 }), keepMetadata: fc.boolean() })
    .map(({ whole: { spec: wanted, metadata, manager: fieldManager, ...rest }, stale, keepMetadata }): Request => ({
      what: 'update',
      call: ({ path, name, live }) => {
        const resourceVersion = stale === 0 ? '1' : live?.metadata?.resourceVersion;
        const kept = keepMetadata ? { ...live?.metadata, ...metadata } : metadata;
        return {
          method: 'PUT',
          path: `${path}${query({ fieldManager, ...rest })}`,
          body: { ...type, metadata: { ...kept, name, resourceVersion }, spec: wanted },
        };
      },
    }));
  const merge = fc
    .record({ spec, metadata: metadataOf, keep: fc.integer({ min: 0, max: 255 }), remove: fc.boolean(), manager })
    .map(({ spec: wanted, metadata, keep, remove, manager: fieldManager }): Request => ({
      what: 'merge patch',
      call: ({ path }) => {
        const part = partOf(wanted, keep);
        const first = Object.keys(part)[0];
        const changed = remove && first !== undefined ? { ...part, [first]: null } : part;
        return {
          method: 'PATCH',
          type: MERGE,
          path: `${path}${query({ fieldManager, fieldValidation: 'Strict' })}`,
          body: { metadata, spec: changed },
        };
      },
    }));
  const jsonPatch = fc
    .record({ spec, index: fc.nat(20), op: fc.constantFrom('add', 'replace', 'remove', 'test'), manager })
    .map(({ spec: wanted, index, op, manager: fieldManager }): Request => ({
      what: `JSON patch ${op}`,
      call: ({ path }) => {
        const keys = Object.keys(wanted);
        const key = keys[index % Math.max(keys.length, 1)] ?? 'none';
        const operation = { op, path: `/spec/${key}`, ...(op === 'remove' ? {} : { value: wanted[key] ?? null }) };
        return {
          method: 'PATCH',
          type: JSON_PATCH,
          path: `${path}${query({ fieldManager, fieldValidation: 'Strict' })}`,
          body: [operation],
        };
      },
    }));
  const statusWrite = fc
    .record({ status, metadata: metadataOf, how: fc.constantFrom('apply', 'merge', 'update'), manager, force: fc.boolean() })
    .map(({ status: told, metadata, how, manager: fieldManager, force }): Request => ({
      what: `status ${how}`,
      call: ({ path, name, live }) => {
        const at = `${path}/status`;
        if (how === 'merge') return { method: 'PATCH', type: MERGE, path: `${at}${query({ fieldManager })}`, body: { status: told } };
        if (how === 'apply') {
          const parts = query({ fieldManager, force: String(force) });
          return { method: 'PATCH', type: APPLY, path: `${at}${parts}`, body: { ...type, metadata: { ...metadata, name }, status: told } };
        }
        const body = { ...type, metadata: { ...live?.metadata, name }, spec: live?.spec ?? {}, status: told };
        return { method: 'PUT', path: `${at}${query({ fieldManager })}`, body };
      },
    }));
  const wrong = fc
    .record({ spec, field: fc.nat(20), value: fc.constantFrom<unknown>({ wrong: 1 }, 'nonsense', -1, [1], true, null), gone: fc.boolean() })
    .map(({ spec: good, field, value, gone }): Request => {
      const keys = Object.keys((structural.spec.properties ?? {}) as object);
      const key = keys[field % Math.max(keys.length, 1)] ?? 'none';
      const { [key]: _dropped, ...rest } = good;
      return {
        what: `create with a wrong ${key}`,
        call: ({ collection, name }) => ({
          method: 'POST',
          path: `${collection}?fieldValidation=Strict`,
          body: { ...type, metadata: { name: `${name}-wrong` }, spec: gone ? rest : { ...rest, [key]: value } },
        }),
      };
    });
  const unknown = fc
    .record({ spec, validation: fc.constantFrom('Strict', 'Warn', 'Ignore') })
    .map(({ spec: wanted, validation }): Request => ({
      what: `create with an unknown field, ${validation}`,
      call: ({ collection, name }) => ({
        method: 'POST',
        path: `${collection}?dryRun=All&fieldValidation=${validation}`,
        body: { ...type, metadata: { name: `${name}-unknown` }, spec: { ...wanted, nosuchfield: 1 } },
      }),
    }));
  const get: fc.Arbitrary<Request> = fc.constant({ what: 'get', call: ({ path }) => ({ method: 'GET', path }) });
  const remove = fc.record({ dryRun, uid: fc.option(fc.constant('another'), { nil: undefined }) }).map(({ dryRun: dry, uid }): Request => ({
    what: 'delete',
    call: ({ path }) => ({
      method: 'DELETE',
      path: `${path}${query({ dryRun: dry })}`,
      ...(uid === undefined ? {} : { body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid } } }),
    }),
  }));
  const any = fc.oneof(
    { weight: 4, arbitrary: create },
    { weight: 10, arbitrary: apply },
    { weight: 4, arbitrary: replace },
    { weight: 4, arbitrary: merge },
    { weight: 3, arbitrary: jsonPatch },
    { weight: 3, arbitrary: statusWrite },
    { weight: 2, arbitrary: wrong },
    { weight: 1, arbitrary: unknown },
    { weight: 1, arbitrary: get },
    { weight: 1, arbitrary: remove },
  );
  return { first: fc.oneof(create, apply), any };
}
