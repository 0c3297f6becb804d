import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Kind, kinds } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Json, planted } from './testing/planted.ts';
import { runSchemathesis, type SchemathesisRun } from './testing/schemathesis.ts';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

/**
 * Other requests, and more of them: SLIPWAY_SCHEMATHESIS_SEED, SLIPWAY_SCHEMATHESIS_EXAMPLES for each operation, and SLIPWAY_SCHEMATHESIS_THOROUGH, a pattern of ids
 * of operations that are gone through from edge to edge (`.` for all: half an hour). Always the same ones otherwise, so that a red run is about the commit.
 */
const SEED = Number(process.env['SLIPWAY_SCHEMATHESIS_SEED'] ?? 20_261_127);
const EXAMPLES = process.env['SLIPWAY_SCHEMATHESIS_EXAMPLES'] ?? '3';
// One machinery serves all kinds: one of a tenant, one of a project, one that is read only.
const THOROUGH =
  process.env['SLIPWAY_SCHEMATHESIS_THOROUGH'] ?? '^(list|get|post|put|patch|delete)(Project|NamespacedServiceAccount|NamespacedMachine)$';

/**
 * Every check but two. `positive_data_acceptance`: a kind refuses what its schema lets through, because of other objects or of rules that a structural schema cannot
 * say. `negative_data_rejection`: flags in the query are read as Kubernetes reads them, anything but `false` being true.
 */
const CHECKS = ['--exclude-checks', 'positive_data_acceptance,negative_data_rejection'];
/** Which deletions would take away the right to go on: they come last. */
const OWN_GROUND = '^deletecollection(User|RoleBinding|Tenant|Role|Team)';

const PROFILE = {
  versions: [
    { version: '1.0.0', layers: [{ name: 'kubernetes', type: 'kubernetes', builtin: { name: 'kubernetes', version: '1.35.4' } }] },
  ],
};
const BINDING = { role: 'tenant-viewer', subjects: [{ kind: 'User', name: 'admin' }] };
/** What a schema alone does not say. */
const FITTING: Readonly<Record<string, object>> = {
  Cluster: { profile: { name: 'starter', version: '1.0.0' } },
  MachinePool: { cluster: 'probe', replicas: 1 },
  ...Object.fromEntries(['ClusterProfile', 'ProjectClusterProfile', 'SystemClusterProfile'].map((kind) => [kind, PROFILE])),
  ...Object.fromEntries(['Macro', 'ProjectMacro', 'SystemMacro'].map((kind) => [kind, { value: 'x' }])),
  Quota: { hard: { clusters: 100 } },
  TenantQuota: { hard: { clusters: 100 } },
  Registry: { type: 'helm', url: 'https://charts.example.com' },
  RoleBinding: BINDING,
  ProjectRoleBinding: { ...BINDING, role: 'project-viewer' },
  User: {},
};
const specOf = ({ kind, spec }: Kind): unknown =>
  FITTING[kind] ?? planted(z.toJSONSchema(spec, { io: 'input', unrepresentable: 'any', target: 'draft-7' }) as Json, () => 'aGlkZGVu');

describe(`schemathesis on the OpenAPI documents (seed ${SEED})`, { timeout: 1_200_000 }, () => {
  let test: TestHub;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'slipway-schemathesis-'));
    test = await startTestHub();
    const refused: string[] = [];
    for (const kind of kinds.filter(({ readOnly }) => !readOnly)) {
      const collection = `/apis/slipway.dev/v1/${kind.scope === 'project' ? 'namespaces/default/' : ''}${kind.plural}`;
      // A finalizer, so that what a deletion of everything takes is still there to be asked for.
      for (const metadata of [{ name: 'probe', finalizers: ['example.com/stays'] }, { name: 'gone' }]) {
        const { status, text } = await requestOf(test, 'POST', collection, { body: { metadata, spec: specOf(kind) } });
        if (status !== 201) refused.push(`${kind.kind} ${metadata.name}: ${text}`);
      }
    }
    expect(refused.length, `objects to ask for could not be made:\n${refused.join('\n')}`).toBeLessThan(kinds.length / 2);
  }, 240_000);
  afterAll(async () => {
    await test?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const check = async (
    document: string,
    given: Pick<SchemathesisRun, 'options' | 'parameters' | 'except' | 'thorough'>,
    atLeast: number,
  ) => {
    const { url, token, hub } = test;
    const outcome = await runSchemathesis({ ...given, document, url, token, ca: hub.ca, seed: SEED, directory });
    expect(outcome.failed ? outcome.report : '', 'what schemathesis found').toBe('');
    expect(outcome.operations).toBeGreaterThanOrEqual(atLeast);
    expect(outcome.cases).toBeGreaterThan(outcome.operations);
    // Who is let in nowhere tests nothing; some things nobody may do.
    expect(outcome.shutOut).toBeLessThanOrEqual(outcome.operations / 10);
  };
  const committed = () => readFile(new URL('../../../openapi/slipway.dev-v1.json', import.meta.url), 'utf8');
  const served = async (path: string) => (await requestOf(test, 'GET', path)).text;
  const phases = ['--phases', 'examples,coverage,fuzzing', '--max-examples', EXAMPLES];
  const there = { 'path.name': 'probe', 'path.namespace': 'default' };

  it('no 5xx and no undocumented answer: every operation on one object, and lists', async () => {
    await check(
      await committed(),
      {
        options: [...phases, ...CHECKS, '--exclude-operation-id-regex', '^deletecollection'],
        parameters: { ...there, 'query.watch': false },
        thorough: THOROUGH,
        except: { '^delete': { 'path.name': 'gone' } },
      },
      100,
    );
  });

  it('the same of what Kubernetes itself has in core/v1', async () => {
    await check(
      await served('/openapi/v3/api/v1'),
      {
        options: [...phases, ...CHECKS],
        parameters: { ...there, 'query.watch': false },
        except: { '^delete': { 'path.name': 'gone' } },
      },
      8,
    );
  });

  it('watches begin and end; a stream of lines is not one JSON value, so its schema is checked elsewhere', async () => {
    await check(
      await committed(),
      {
        options: [
          ...phases,
          // What is wrong on purpose could be the time it may last.
          '--mode',
          'positive',
          '--include-operation-id-regex',
          '^list',
          '--checks',
          'not_a_server_error,status_code_conformance,content_type_conformance,ignored_auth',
        ],
        parameters: { ...there, 'query.watch': true, 'query.timeoutSeconds': 0 },
      },
      20,
    );
  });

  it('deletions of many, those last that take away the right to go on', async () => {
    const only = [...phases, '--include-operation-id-regex'];
    await check(
      await committed(),
      { options: [...only, '^deletecollection', '--exclude-operation-id-regex', OWN_GROUND, ...CHECKS], parameters: there },
      8,
    );
    // Whoever deleted all users is let in no more, which is a documented answer; connections that were theirs end.
    await check(await committed(), { options: [...only, OWN_GROUND, ...CHECKS, '--warnings', 'off'], parameters: there }, 3);
  });
});
