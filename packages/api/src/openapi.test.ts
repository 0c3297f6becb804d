import { readFile, writeFile } from 'node:fs/promises';
import { kinds, VERSION } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { breakingChanges } from './breaking-changes.ts';
import { serveVersions } from './conversion.ts';
import { openApiDocument } from './openapi.ts';

const FILE = new URL('../../../openapi/slipway.dev-v1.json', import.meta.url);
const built = () => JSON.parse(JSON.stringify(openApiDocument(kinds.flatMap(serveVersions), VERSION, 'v1'))) as Record<string, any>;

describe('the OpenAPI document', () => {
  /** `SLIPWAY_OPENAPI=write` writes it anew when nothing in it breaks a client; `SLIPWAY_OPENAPI=break` even then. */
  it('is committed, current, and breaks no client of the committed one', async () => {
    const mode = process.env.SLIPWAY_OPENAPI;
    const document = built();
    const committed = await readFile(FILE, 'utf8')
      .then((text) => JSON.parse(text) as Record<string, unknown>)
      .catch(() => document);
    if (mode !== 'break') expect(breakingChanges(committed, document), 'what would break clients').toEqual([]);
    if (mode !== undefined) await writeFile(FILE, `${JSON.stringify(document, null, 2)}\n`);
    expect(JSON.parse(await readFile(FILE, 'utf8')), 'write it anew with: npm run generate').toEqual(document);
  });

  /** A kube-apiserver refuses a schema with another pattern, and validators in Go fail on it. */
  it('has patterns of RE2 only: no looking around, no back references', () => {
    const patterns: string[] = [];
    JSON.stringify(built(), (key, value: unknown) => (key === 'pattern' && typeof value === 'string' && patterns.push(value), value));
    expect(patterns.length).toBeGreaterThan(5);
    expect(patterns.filter((pattern) => /\(\?<?[=!]|\\[1-9]/.test(pattern))).toEqual([]);
  });

  it.each<[string, (document: Record<string, any>) => void, string | undefined]>([
    ['nothing', () => undefined, undefined],
    ['a new optional field', (d) => void (spec(d, 'Project').properties.more = { type: 'string' }), undefined],
    ['a new kind', (d) => void (d.components.schemas['dev.slipway.v1.New'] = { type: 'object' }), undefined],
    ['a field that is gone', (d) => void delete spec(d, 'Project').properties.displayName, 'Project.spec.displayName is gone'],
    [
      'a field that became required',
      (d) => void (spec(d, 'Project').required = ['displayName']),
      'Project.spec.displayName became required',
    ],
    ['another type', (d) => void (spec(d, 'Project').properties.displayName.type = 'integer'), 'type was "string" and is "integer"'],
    ['a value that is gone', (d) => void spec(d, 'Cluster').properties.drift.enum.pop(), 'the value report is gone'],
    ['a narrower range', (d) => void (spec(d, 'MachinePool').properties.replicas.maximum = 3), 'maximum fell to 3'],
    [
      'another way to merge',
      (d) => void delete spec(d, 'Cluster').properties.approvals['x-kubernetes-list-type'],
      'x-kubernetes-list-type',
    ],
    [
      'deep inside a list',
      (d) => void delete spec(d, 'ClusterProfile').properties.versions.items.properties.layers,
      '.versions[].layers is gone',
    ],
    ['a path that is gone', (d) => void delete d.paths['/apis/slipway.dev/v1/clusters'], 'GET /apis/slipway.dev/v1/clusters is gone'],
    [
      'an operation that is gone',
      (d) => void delete d.paths['/apis/slipway.dev/v1/projects/{name}'].patch,
      'PATCH /apis/slipway.dev/v1/projects/{name} is gone',
    ],
    [
      'a parameter that is gone',
      (d) => void (d.paths['/apis/slipway.dev/v1/projects'].get.parameters = []),
      'GET /apis/slipway.dev/v1/projects: the parameter labelSelector is gone',
    ],
    [
      'a parameter that must be given',
      (d) => void d.paths['/apis/slipway.dev/v1/projects'].post.parameters.push({ name: 'why', in: 'query', required: true }),
      'the parameter why became required',
    ],
    [
      'a type of body that is gone',
      (d) => void delete d.paths['/apis/slipway.dev/v1/projects'].post.requestBody.content['application/yaml'],
      'POST /apis/slipway.dev/v1/projects: application/yaml is gone',
    ],
    [
      'a body that must be there',
      (d) => void (d.paths['/apis/slipway.dev/v1/projects/{name}'].delete.requestBody.required = true),
      'the body became required',
    ],
    [
      'an answer in another form',
      (d) => void delete d.paths['/apis/slipway.dev/v1/projects'].get.responses['200'].content['application/json;stream=watch'],
      'answer application/json;stream=watch is gone',
    ],
    ['an answer that says more', (d) => void shared(d, 'Status').required.push('message'), undefined],
    ['an answer that says less', (d) => void shared(d, 'Status').required.pop(), 'Status.status is no longer always there'],
  ])('tells a breaking change from another one: %s', (_what, change, told) => {
    const after = built();
    change(after);
    const found = breakingChanges(built(), after);
    if (told === undefined) expect(found).toEqual([]);
    else expect(found.join('\n')).toContain(told);
  });
});

const spec = (document: Record<string, any>, kind: string) => document.components.schemas[`dev.slipway.v1.${kind}`].properties.spec;
const shared = (document: Record<string, any>, name: string) => document.components.schemas[`io.k8s.apimachinery.pkg.apis.meta.v1.${name}`];
