import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '@slipway/kit';
import { clusterProfileKinds, gatewayKind, type Kind, kinds, putSecrets, secretFieldsOf, secretKind } from '@slipway/model';
import { testEngines } from '@slipway/testkit';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Json, planted } from './testing/planted.ts';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const registryOf = ({ ca: _ca, verify: _verify, ...planted }: Json): object => ({
  ...planted,
  url: 'oci://registry.example/x',
  proxy: 'http://proxy.example:3128',
});
/** What a schema alone does not say: an object that others must be there for, or of whose fields one excludes the other. */
const FITTING: Readonly<Record<string, (planted: Json) => object>> = {
  Cluster: () => ({
    profile: { name: 'canary', version: '1.0.0' },
    secretVariables: Object.fromEntries(['password', 'token'].map((name) => [name, PLANTED])),
  }),
  Registry: registryOf,
  ProjectRegistry: registryOf,
  Macro: ({ value: _open, ...planted }) => planted,
  ProjectMacro: ({ value: _open, ...planted }) => planted,
  SystemMacro: ({ value: _open, ...planted }) => planted,
};
/** A place for a canary. */
const PLANTED = '\u0000canary';
const PROFILE = {
  versions: [
    {
      version: '1.0.0',
      variables: ['password', 'token'].map((name) => ({ name, type: 'secret', required: true })),
      layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } }],
    },
  ],
};

const SECRET_KINDS = kinds.filter((kind) => secretFieldsOf(kind).length > 0);
const schemaOf = (kind: Kind): Json => z.toJSONSchema(kind.spec, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Json;

describe.each(testEngines)('no secret ever comes out, on %s', (engine) => {
  let test: TestHub;
  let count = 0;
  const canaries = new Set<string>();
  const answers: string[] = [];
  const logged: string[] = [];
  const keep = (fields: object, message: string) =>
    void logged.push(
      `${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? `${value.stack} ${JSON.stringify(value)}` : value))} ${message}`,
    );
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  const canary = (mask: string): string => {
    const text = `CANARY${++count}x${Math.random().toString(36).slice(2)}`;
    canaries.add(text);
    return Buffer.from(mask, 'base64').toString() === '***' ? Buffer.from(text).toString('base64') : text;
  };
  beforeAll(async () => {
    test = await startTestHub(engine, logger);
    await test.client.create(clusterProfileKinds.at('tenant'), { kind: 'ClusterProfile', metadata: { name: 'canary' }, spec: PROFILE });
  }, 90_000);
  afterAll(() => test.stop());

  const specOf = (kind: Kind): object => {
    const made = planted(schemaOf(kind), canary) as Json;
    const fitting = FITTING[kind.kind]?.(made) ?? made;
    return JSON.parse(JSON.stringify(fitting), (_key, value: unknown) => (value === PLANTED ? canary('') : value)) as object;
  };
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await requestOf(test, method, path, { body, headers });
    const text = JSON.stringify(answer.headers) + answer.text;
    answers.push(`${method} ${path} ${text}`);
    return { status: answer.status, text };
  };
  /** A canary as it is, as base64 and as it looks in JSON. */
  const found = (text: string): string[] =>
    [...canaries].filter((secret) =>
      [secret, Buffer.from(secret).toString('base64').replace(/=+$/, '')].some((form) => text.includes(form)),
    );
  const TABLE = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };

  it('covers every kind that has secret fields, from its own definition', () => {
    expect(SECRET_KINDS.map((kind) => kind.kind)).toContain('Secret');
  });

  it.each(SECRET_KINDS.map((kind) => [kind.kind, kind] as const))(
    '%s: every verb, every form of answer, every mistake',
    async (_name, kind) => {
      const collections = [
        `/apis/slipway.dev/v1/${kind.scope === 'project' ? 'namespaces/default/' : ''}${kind.plural}`,
        ...(kind === (secretKind as Kind) ? ['/api/v1/namespaces/default/secrets'] : []),
      ];
      const spec = () => specOf(kind);
      for (const [index, collection] of collections.entries()) {
        const core = index === 1;
        const object = (name: string, given: object = spec()) => ({
          apiVersion: core ? 'v1' : 'slipway.dev/v1',
          kind: kind.kind,
          metadata: {
            name,
            annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(core ? { ...given } : { spec: given }) },
          },
          ...(core ? given : { spec: given }),
        });
        const one = `${collection}/canary-${index}`;
        expect((await call('POST', `${collection}?dryRun=All`, object(`canary-${index}`))).status).toBe(201);
        const made = await call('POST', collection, object(`canary-${index}`));
        expect(made.status, `${made.text} — when a new kind's schema cannot be filled by itself, teach \`planted\``).toBe(201);
        const patch = core ? spec() : { spec: spec() };
        for (const type of ['application/merge-patch+json', ...(core ? ['application/strategic-merge-patch+json'] : [])])
          expect((await call('PATCH', one, patch, { 'content-type': type })).status).toBeLessThan(300);
        expect(
          (
            await call('PATCH', one, [{ op: 'test', path: '/metadata/name', value: canary('') }], {
              'content-type': 'application/json-patch+json',
            })
          ).status,
        ).toBe(422);
        expect(
          (
            await call('PATCH', `${one}?fieldManager=x&force=true`, object(`canary-${index}`), {
              'content-type': 'application/apply-patch+yaml',
            })
          ).status,
        ).toBe(200);
        expect(
          (await call('PATCH', `${one}?fieldManager=other`, object(`canary-${index}`), { 'content-type': 'application/apply-patch+yaml' }))
            .status,
        ).toBe(409);
        expect((await call('PUT', one, object(`canary-${index}`))).status).toBe(200);
        expect((await call('PUT', `${one}?dryRun=All`, object(`canary-${index}`))).status).toBe(200);
        // Mistakes: the wrong type, an unknown field, a broken body, a name that is taken.
        for (const wrong of [
          JSON.stringify(object('bad')).replaceAll(/"(Q0FOQVJZ[^"]+|CANARY[^"]+)"/g, '["$1"]'),
          JSON.stringify({ ...object('bad'), unknown: canary('') }),
          `${JSON.stringify(object('bad')).slice(0, -1)} ${canary('')} `,
          JSON.stringify(object('bad')).slice(0, -4),
          JSON.stringify(object(`canary-${index}`)),
          JSON.stringify({ ...object('bad'), metadata: { name: `bad ${'x'}` } }),
        ])
          expect((await call('POST', collection, wrong)).status).toBeGreaterThanOrEqual(400);
        await call('POST', collection, `{"spec": ${canary('')}`);
        await call('POST', collection, `spec: [${canary('')}: }`, { 'content-type': 'application/yaml' });
        for (const headers of [{}, TABLE, { accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io' }]) {
          for (const path of [
            collection,
            one,
            `${collection}?limit=1`,
            `${one}?includeObject=Object`,
            `${collection}?includeObject=Object`,
            `${collection}?watch=true&timeoutSeconds=1&resourceVersion=0`,
          ])
            expect((await call('GET', path, undefined, headers)).status).toBe(200);
        }
        expect(answers.length).toBeGreaterThan(20);
      }
    },
  );

  it('nothing of it is in answers, log, audit, events, metrics, files or a dump of the database', { timeout: 60_000 }, async () => {
    await call('GET', '/metrics');
    await call('GET', '/apis/slipway.dev/v1/events');
    await call('GET', '/apis/slipway.dev/v1/auditrecords');
    await call('GET', '/apis/slipway.dev/v1/auditchain/records?limit=1000');
    const plan = {
      objects: SECRET_KINDS.map((kind) => ({ kind: kind.kind, metadata: { name: 'planned' }, spec: specOf(kind) })),
    };
    await call('POST', '/apis/slipway.dev/v1/namespaces/default/clusters/none/plan', plan);
    const own = answers.splice(0);
    // Tokens are told once, to who asked; from there on they are secrets like any other.
    const { token } = await test.client.request<{ token: string }>('/apis/slipway.dev/v1/gateways/local/jointoken', {
      method: 'POST',
      body: {},
    });
    for (const secret of [token, test.token, test.token.slice(17)]) canaries.add(secret);
    for (const path of ['/apis/slipway.dev/v1/gateways', '/apis/slipway.dev/v1/auditchain/records?limit=1000', '/api/v1/events'])
      await call('GET', path);
    expect((await test.client.list(gatewayKind)).items.length).toBe(1);

    expect(canaries.size).toBeGreaterThan(20);
    for (const answer of [...own, ...answers]) expect(found(answer), answer.slice(0, 400)).toEqual([]);
    expect(logged.length).toBeGreaterThan(10);
    for (const line of logged) expect(found(line), line.slice(0, 400)).toEqual([]);
    if (test.databaseUrl !== undefined) expect(found(await dumpOf(test.databaseUrl))).toEqual([]);
    await test.hub.stop();
    // The embedded database too is files of the home: pages, write-ahead log and all.
    const files = (await readdir(test.home, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
    expect(files.length).toBeGreaterThan(engine === 'pglite' ? 100 : 5);
    for (const file of files) {
      const path = join(file.parentPath, file.name);
      expect(found(await readFile(path, 'latin1')), path).toEqual([]);
    }
  });

  it('would notice: a canary that stands in the open is found', () => {
    const open = putSecrets({ data: { a: '***' } }, [{ path: ['data', '*'], mask: '***' }], { 'data/a': [...canaries][0] ?? '' });
    expect(found(JSON.stringify(open))).toHaveLength(1);
    expect(
      found(
        Buffer.from(`x${[...canaries][0]}`)
          .subarray(1)
          .toString('base64'),
      ),
    ).toHaveLength(1);
  });

  async function dumpOf(url: string): Promise<string> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<{ name: string }>(
        `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
      );
      expect(rows.length).toBeGreaterThan(8);
      const texts = [];
      for (const { name } of rows)
        texts.push(
          ...(await client.query<{ text: string }>(`select t::text || row_to_json(t)::text as text from ${name} t`)).rows.map(
            (row) => row.text,
          ),
        );
      return texts.join('\n');
    } finally {
      await client.end();
    }
  }
});
