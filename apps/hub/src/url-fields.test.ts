import { kinds } from '@slipway/model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestOf, startTestHub, type TestHub } from './testing/test-hub.ts';

const API = '/apis/slipway.dev/v1';

interface Schema {
  readonly type?: string;
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly 'x-kubernetes-group-version-kind'?: readonly { kind: string }[];
}
interface Field {
  readonly kind: string;
  /** `spec.mirrors[]` */
  readonly path: string;
  readonly schema: Schema;
}

/** One example for each way to write a kind that has addresses. A new field has to be in one of them, or the test says so. */
const EXAMPLES: Record<string, object[]> = {
  AuditSink: [
    { type: 'otlp', url: 'https://collector.example/v1/logs' },
    { type: 's3', endpoint: 'https://s3.example', bucket: 'audit', accessKeyId: 'a', secretAccessKey: 'b' },
  ],
  IdentityProvider: [{ oidc: { issuer: 'https://login.example', clientId: 'x' } }],
  Registry: [
    { type: 'helm', url: 'https://charts.example', proxy: 'http://proxy.example:3128', mirrors: ['https://mirror.example'] },
    { type: 'oci', url: 'oci://registry.example/charts', proxy: 'http://proxy.example:3128', mirrors: ['oci://mirror.example/charts'] },
    { type: 'git', url: 'https://git.example/packs.git', proxy: 'http://proxy.example:3128' },
  ],
};
EXAMPLES['ProjectRegistry'] = EXAMPLES['Registry'] ?? [];

/** Called like addresses, and none: why. */
const NONE: Record<string, string> = {
  'User spec.identity.issuer': 'compared with what a provider says; nothing is fetched from it, and no page links to it',
  'AuditSink spec.host': 'a host name; what is no name is refused below',
};

/** Schemes that run something, read something, or hide where they lead; credentials; and what parsers of URLs read differently. */
const HOSTILE = [
  'javascript:alert(1)',
  'JAVASCRIPT://x/%0aalert(1)',
  'java\tscript://x/%0aalert(1)',
  'java\nscript:alert(1)',
  '\u0001javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript://x/',
  'file:///etc/passwd',
  'file://host/etc/passwd',
  'FILE:///etc/passwd',
  'ftp://host.example/',
  'gopher://host.example/',
  'blob:https://host.example/x',
  'view-source:https://host.example/',
  'jar:https://host.example!/',
  'ext::sh -c id',
  '--upload-pack=id',
  'https://user:secret@host.example/',
  'https://user@host.example/',
  'https://:secret@host.example/',
  'oci://user:secret@host.example/x',
  'ht\ttps://host.example/',
  'https://host.example/\n',
  'https://ho\tst.example/',
  'https:\\\\host.example\\x',
  'https:/\\host.example/',
  'https://good.example\\@evil.example/',
  'https:evil.example',
  '//evil.example/',
  '/etc/passwd',
  'https://',
  'https:///x',
  'https://host example/',
  'https://host.example/\u0000',
  'https://[::1',
  'https://host.example:99999/',
  'https://host.example/?next=x',
  'https://host.example/#x',
  '',
];

describe('addresses in fields', () => {
  let test: TestHub;
  let fields: Field[];
  beforeAll(async () => {
    test = await startTestHub('pglite');
    const document = JSON.parse((await requestOf(test, 'GET', '/openapi/v3/apis/slipway.dev/v1')).text);
    const schemas = Object.values(document.components.schemas as Record<string, Schema>);
    fields = schemas.flatMap((schema) => {
      const kind = schema['x-kubernetes-group-version-kind']?.[0]?.kind;
      const spec = schema.properties?.['spec'];
      return kind === undefined || spec === undefined ? [] : stringsOf(kind, 'spec', spec);
    });
  }, 120_000);
  afterAll(() => test?.stop());

  /** Said to be one in the schema, called like one, or described as one. */
  const isAddress = ({ kind, path, schema }: Field): boolean =>
    NONE[`${kind} ${path}`] === undefined &&
    (schema.format === 'uri' ||
      schema.format === 'url' ||
      /(?:ur[li]s?|issuer|endpoint|prox(?:y|ies)|mirrors?|href|link|host|server|webhook)(?:\[\]|\{\})?$/i.test(path) ||
      /\bUR[LI]s?\b|https?:\/\//.test(schema.description ?? ''));
  const addresses = () => fields.filter(isAddress);
  const examplesWith = ({ kind, path }: Pick<Field, 'kind' | 'path'>): object[] =>
    (EXAMPLES[kind] ?? []).filter((spec) => valueAt(spec, stepsOf(path)) !== undefined);
  const tried = (kind: string, spec: object) => {
    const { plural, scope } = kinds.find((one) => one.kind === kind) ?? { plural: '', scope: '' };
    const path = `${API}/${scope === 'project' ? 'namespaces/default/' : ''}${plural}?dryRun=All`;
    return requestOf(test, 'POST', path, { body: { apiVersion: 'slipway.dev/v1', kind, metadata: { name: 'x' }, spec } });
  };

  it('are found in the schemas that the hub serves, each in an example', () => {
    const known = new Set(addresses().map(({ kind, path }) => `${kind} ${path}`));
    expect([...known]).toEqual(
      expect.arrayContaining(['AuditSink spec.url', 'IdentityProvider spec.oidc.issuer', 'Registry spec.mirrors[]', 'Registry spec.proxy']),
    );
    for (const field of addresses())
      expect(examplesWith(field), `an example of ${field.kind} with ${field.path}, or why it is no address`).not.toEqual([]);
    const all = new Set(fields.map(({ kind, path }) => `${kind} ${path}`));
    expect(
      Object.keys(NONE).filter((field) => !all.has(field)),
      'exceptions that are no fields any more',
    ).toEqual([]);
  });

  it('are taken when there is nothing wrong with them', async () => {
    for (const [kind, specs] of Object.entries(EXAMPLES))
      for (const spec of specs) expect([(await tried(kind, spec)).status, JSON.stringify(spec)]).toEqual([201, JSON.stringify(spec)]);
  });

  it.each(HOSTILE)('%j is refused in every field that holds one, by its name', async (text) => {
    for (const field of addresses()) {
      for (const spec of examplesWith(field)) {
        const steps = stepsOf(field.path);
        const answer = await tried(field.kind, withValue(spec, steps, text) as object);
        const what = `${field.kind} ${field.path} ${JSON.stringify(spec)}`;
        expect([answer.status, what, answer.text.slice(0, 300)]).toEqual([422, what, expect.any(String)]);
        const causes = (JSON.parse(answer.text).details?.causes ?? []) as { field: string }[];
        expect(
          causes.some((cause) => cause.field.startsWith(field.path.replace(/\[\]$/, ''))),
          `${what}: ${answer.text}`,
        ).toBe(true);
      }
    }
  });

  it.each(['host.example/x', 'http://host.example', 'a b', 'host\n.example', 'u@host.example', '-o', ''])('%j is no host', async (host) => {
    expect((await tried('AuditSink', { type: 'syslog', host })).status).toBe(422);
  });
});

/** Every text in a schema, with its path. */
function stringsOf(kind: string, path: string, schema: Schema): Field[] {
  const { properties = {}, items, additionalProperties, oneOf = [], anyOf = [], allOf = [] } = schema;
  return [
    ...(schema.type === 'string' ? [{ kind, path, schema }] : []),
    ...Object.entries(properties).flatMap(([name, inner]) => stringsOf(kind, `${path}.${name}`, inner)),
    ...(items === undefined ? [] : stringsOf(kind, `${path}[]`, items)),
    ...(typeof additionalProperties === 'object' ? stringsOf(kind, `${path}{}`, additionalProperties) : []),
    ...[...oneOf, ...anyOf, ...allOf].flatMap((inner) => stringsOf(kind, path, inner)),
  ];
}

/** Below `spec`; an item of a list is its first. */
const stepsOf = (path: string): (string | number)[] =>
  path
    .split('.')
    .slice(1)
    .flatMap((step) => (step.endsWith('[]') ? [step.slice(0, -2), 0] : [step]));

const valueAt = (value: unknown, steps: readonly (string | number)[]): unknown =>
  steps.reduce((at, step) => (at as Record<string | number, unknown> | undefined)?.[step], value);

function withValue(value: unknown, [step, ...rest]: readonly (string | number)[], text: string): unknown {
  if (step === undefined) return text;
  if (Array.isArray(value)) return value.map((item, index) => (index === step ? withValue(item, rest, text) : item));
  const object = value as Record<string, unknown>;
  return { ...object, [step]: withValue(object[step], rest, text) };
}
