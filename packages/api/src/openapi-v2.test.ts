import { kinds, VERSION } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { serveVersions } from './conversion.ts';
import { coreDocument, openApiDocument } from './openapi.ts';
import { openApiV2 } from './openapi-v2.ts';
import { openApiV2Protobuf } from './openapi-v2-protobuf.ts';

const plain = (value: object): Record<string, any> => JSON.parse(JSON.stringify(value)) as Record<string, any>;
const v3 = [openApiDocument(kinds.flatMap(serveVersions), VERSION, 'v1'), coreDocument('v1')];
const v2 = plain(openApiV2(v3));

/** Every key and value, wherever it is. */
function* entriesOf(node: unknown): Generator<[key: string, value: unknown]> {
  if (node === null || typeof node !== 'object') return;
  for (const [key, value] of Object.entries(node)) {
    if (!Array.isArray(node)) yield [key, value];
    yield* entriesOf(value);
  }
}
const operations = Object.values(v2['paths']).flatMap((path) =>
  Object.entries(path as object)
    .filter(([method]) => method !== 'parameters')
    .map(([, operation]) => operation as Record<string, any>),
);

describe('OpenAPI v2, made of the v3 documents', () => {
  it('has every path and schema of both, and every reference leads to one', () => {
    for (const document of v3.map(plain)) {
      expect(Object.keys(v2['paths'])).toEqual(expect.arrayContaining(Object.keys(document['paths'])));
      expect(Object.keys(v2['definitions'])).toEqual(expect.arrayContaining(Object.keys(document['components'].schemas)));
    }
    const references = [...entriesOf(v2)].filter(([key]) => key === '$ref').map(([, value]) => String(value));
    expect(references.length).toBeGreaterThan(500);
    const lost = references.filter((reference) => {
      const [, place, name] = /^#\/(definitions|responses)\/(.+)$/.exec(reference) ?? [];
      return place === undefined || v2[place][name as string] === undefined;
    });
    expect(lost).toEqual([]);
  });

  it('says nothing that v2 has no word for', () => {
    const keys = new Set([...entriesOf({ ...v2, definitions: undefined })].map(([key]) => key));
    for (const key of ['components', 'requestBody', 'content', 'anyOf', 'oneOf', 'openapi']) expect(keys, key).not.toContain(key);
    const inSchemas = JSON.stringify(v2['definitions']);
    for (const key of ['"allOf":[', '"anyOf":[', '"oneOf":[', '"nullable":true']) expect(inSchemas).not.toContain(key);
  });

  it('tells operations and kinds apart, as their readers must', () => {
    const ids = operations.map(({ operationId }) => operationId as string);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(['listCoreV1NamespacedSecret', 'listSlipwayV1NamespacedSecret']));
    const gvks = Object.values(v2['definitions']).flatMap((definition) =>
      ((definition as Record<string, any>)['x-kubernetes-group-version-kind'] ?? []).map((gvk: object) => JSON.stringify(gvk)),
    );
    expect(new Set(gvks).size).toBe(gvks.length);
  });

  it('keeps what merges go by, and what bodies are written in', () => {
    const cluster = v2['definitions']['dev.slipway.v1.Cluster'].properties;
    expect(cluster.spec.properties.approvals).toMatchObject({ 'x-kubernetes-list-type': 'set' });
    expect(cluster.metadata.$ref).toBe('#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
    const patch = v2['paths']['/apis/slipway.dev/v1/namespaces/{namespace}/clusters/{name}'].patch;
    expect(patch.consumes).toEqual(['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']);
    expect(patch.parameters.filter((one: { in: string }) => one.in === 'body')).toEqual([
      { name: 'body', in: 'body', required: true, schema: expect.anything() },
    ]);
    expect(v2['paths']['/apis/slipway.dev/v1/clusters'].get.produces).toContain('application/json;stream=watch');
  });

  it('in protobuf loses nothing silently', () => {
    expect(openApiV2Protobuf(v2).length).toBeGreaterThan(100_000);
    expect(() => openApiV2Protobuf({ ...v2, definitions: { X: { type: 'object', surprising: true } } })).toThrow('no field "surprising"');
  });
});
