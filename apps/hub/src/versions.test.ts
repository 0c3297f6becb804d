import { type ServedKind, serveVersions } from '@slipway/api';
import { type ApiObject, type Content, type Kind, kinds, type KindVersion, versionsOf } from '@slipway/model';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { valuesOf } from './testing/custom-resource.ts';
import { type Answer, type Call, startTestApi, type TestApi } from './testing/test-api.ts';
import { widgetKind } from './testing/widget-kind.ts';

const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

/** The kind with several versions that tests have, and every real one. */
const versioned = [widgetKind, ...kinds].filter(({ versions }) => versions.length > 0);
const pairs = versioned.flatMap((kind: Kind) => {
  const [stored, ...others] = serveVersions(kind) as [ServedKind, ...ServedKind[]];
  return others.map((shown, index) => ({
    name: `${kind.kind} ${shown.kind.version}`,
    stored,
    shown,
    version: kind.versions[index] as KindVersion,
  }));
});

/** As the database gives it back. */
const asJson = (content: Content): unknown => JSON.parse(JSON.stringify(content));

describe.each(pairs)('$name', ({ stored, shown, version }) => {
  const contents = ({ structural }: ServedKind) =>
    fc.record({ spec: valuesOf(structural.spec), status: fc.option(valuesOf(structural.status), { nil: undefined }) });

  it('shows everything that can be stored, and gives it back unchanged', () => {
    fc.assert(
      fc.property(contents(stored), (content) => {
        const there = version.show(content);
        expect(asJson(version.store(there))).toEqual(asJson(content));
        expect(shown.kind.spec.safeParse(there.spec).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('stores everything that can be written in it, and shows it again unchanged', () => {
    fc.assert(
      fc.property(contents(shown), (content) => {
        const there = version.store(content);
        expect(asJson(version.show(there))).toEqual(asJson(content));
        expect(stored.kind.spec.safeParse(there.spec).error).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  it('converts what lacks fields, as server-side apply needs', () => {
    for (const part of [{ spec: {} }, { spec: {}, status: {} }]) {
      expect(asJson(version.store(version.show(part)))).toEqual(asJson(part));
      expect(asJson(version.show(version.store(part)))).toEqual(asJson(part));
    }
  });
});

describe('a kind in two versions', () => {
  let api: TestApi;
  const at = (version: string, rest = '') => `/apis/slipway.dev/${version}/namespaces/default/widgets${rest}`;
  const v1 = (rest?: string) => at('v1', rest);
  const beta = (rest?: string) => at('v1beta1', rest);
  const widget = (version: string, name: string, spec: object) => ({
    apiVersion: `slipway.dev/${version}`,
    kind: 'Widget',
    metadata: { name },
    spec,
  });
  const ok = async (call: Call): Promise<any> => {
    const answer: Answer = await api.send(call);
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    return answer.body;
  };
  const get = (path: string): Promise<any> => ok({ method: 'GET', path });

  beforeAll(async () => {
    api = await startTestApi([widgetKind]);
  });
  afterAll(() => api?.stop());

  it('is written in either and read in both', async () => {
    await ok({
      method: 'POST',
      path: beta(),
      body: widget('v1beta1', 'both', { heading: 'One', speed: 'high', nested: { deep: { first: 'x' } } }),
    });
    expect((await get(v1('/both'))).spec).toEqual({ title: 'One', mode: 'fast', replicas: 1, nested: { deep: { a: 'x' }, on: true } });
    await ok({ method: 'PATCH', path: v1('/both'), type: MERGE, body: { spec: { title: 'Two' } } });
    const shown = await get(beta('/both'));
    expect([shown.apiVersion, shown.spec.heading, shown.spec.speed]).toEqual(['slipway.dev/v1beta1', 'Two', 'high']);
    await ok({ method: 'PATCH', path: beta('/both/status'), type: MERGE, body: { status: { state: 'Running' } } });
    expect((await get(v1('/both'))).status).toEqual({ phase: 'Running' });
    await ok({ method: 'PUT', path: beta('/both'), body: { ...shown, metadata: { name: 'both' }, spec: { heading: 'Three' } } });
    expect((await get(v1('/both'))).spec).toEqual({ title: 'Three', replicas: 1 });
    // What is stored has one form only.
    const [row] = (await api.store.list({ kind: 'Widget', fieldSelector: 'metadata.name=both' })).items;
    expect([row?.apiVersion, row?.spec]).toEqual(['slipway.dev/v1', { title: 'Three', replicas: 1 }]);
    expect((row as ApiObject).metadata.generation).toBe(3);
  });

  it('refuses what the version does not have, in its words', async () => {
    const refused = async (path: string, spec: object) => {
      const { status, body } = await api.send({ method: 'POST', path, body: { kind: 'Widget', metadata: { name: 'no' }, spec } });
      return `${status} ${body.message}`;
    };
    expect(await refused(beta(), { title: 'x' })).toContain('400 strict decoding error: unknown field "spec.title"');
    expect(await refused(beta(), { count: 9 })).toContain('422 Widget.slipway.dev "no" is invalid: spec.count');
    expect(await refused(v1(), { heading: 'x' })).toContain('unknown field "spec.heading"');
    const wrong = await api.send({ method: 'POST', path: beta(), body: widget('v1', 'no', {}) });
    expect(`${wrong.status} ${wrong.body.message}`).toContain('400 the API version in the data (slipway.dev/v1) does not match');
    expect((await api.send({ method: 'GET', path: at('v2') })).status).toBe(404);
  });

  it('has owners of fields in the version they wrote in, and conflicts across versions', async () => {
    const apply = (path: string, body: object, query: string) => api.send({ method: 'PATCH', path: `${path}?${query}`, type: APPLY, body });
    expect((await apply(beta('/owned'), widget('v1beta1', 'owned', { heading: 'a', count: 2 }), 'fieldManager=one')).status).toBe(201);
    const conflict = await apply(v1('/owned'), widget('v1', 'owned', { title: 'b' }), 'fieldManager=two');
    expect(`${conflict.status} ${conflict.body.message}`).toContain('409 Apply failed with 1 conflict: conflict with "one": .spec.heading');
    await ok({ method: 'PATCH', path: v1('/owned?fieldManager=editor'), type: MERGE, body: { spec: { mode: 'slow' } } });
    // `one` goes on in the newer version and lets go of its count there.
    expect((await apply(v1('/owned'), widget('v1', 'owned', { title: 'a' }), 'fieldManager=one')).body.spec).toEqual({
      title: 'a',
      mode: 'slow',
      replicas: 1,
    });
    const owners = (await get(beta('/owned'))).metadata.managedFields.map(({ manager, apiVersion, fieldsV1 }: any) => [
      manager,
      apiVersion,
      fieldsV1,
    ]);
    expect(owners).toEqual([
      ['one', 'slipway.dev/v1', { 'f:spec': { 'f:title': {} } }],
      ['editor', 'slipway.dev/v1', { 'f:spec': { 'f:mode': {} } }],
    ]);
  });

  it('is listed, selected, watched and shown as a table in each', async () => {
    await ok({ method: 'POST', path: v1(), body: widget('v1', 'seen', { title: 'Seen' }) });
    const list = await get(beta('?fieldSelector=spec.heading%3DSeen'));
    expect([list.kind, list.apiVersion, list.items.map((item: any) => [item.apiVersion, item.spec.heading])]).toEqual([
      'WidgetList',
      'slipway.dev/v1beta1',
      [['slipway.dev/v1beta1', 'Seen']],
    ]);
    expect((await api.send({ method: 'GET', path: beta('?fieldSelector=spec.title%3DSeen') })).status).toBe(400);
    const table = await ok({ method: 'GET', path: beta('/seen'), accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
    expect([table.columnDefinitions.map(({ name }: any) => name), table.rows[0].cells.slice(0, 2)]).toEqual([
      ['Name', 'TITLE', 'Age'],
      ['seen', 'Seen'],
    ]);
    const query =
      '?watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&fieldSelector=metadata.name%3Dseen';
    const events = String((await api.send({ method: 'GET', path: beta(query) })).body)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events.map(({ type, object }) => [type, object.apiVersion, object.spec?.heading])).toEqual([
      ['ADDED', 'slipway.dev/v1beta1', 'Seen'],
      ['BOOKMARK', 'slipway.dev/v1beta1', undefined],
    ]);
    const deleted = await ok({ method: 'DELETE', path: beta('?fieldSelector=spec.heading%3DSeen') });
    expect([deleted.apiVersion, deleted.items[0].spec.heading]).toEqual(['slipway.dev/v1beta1', 'Seen']);
  });

  it('warns of a deprecated version in every answer, watches too, and never of the other', async () => {
    const words = '299 - "slipway.dev/v1beta1 Widget is deprecated; use slipway.dev/v1 Widget"';
    for (const path of [beta(), beta('/none'), beta('?watch=1&timeoutSeconds=1')])
      expect((await api.send({ method: 'GET', path })).warnings).toEqual([words]);
    const both = await api.send({
      method: 'POST',
      path: beta('?fieldValidation=Warn&dryRun=All'),
      body: widget('v1beta1', 'w', { nosuch: 1 }),
    });
    expect(both.warnings).toEqual([`${words}, 299 - "unknown field \\"spec.nosuch\\""`]);
    expect((await api.send({ method: 'GET', path: v1() })).warnings).toEqual([]);
  });

  it('is discovered in both forms and described in OpenAPI, the newest version preferred', async () => {
    expect(await get('/apis/slipway.dev')).toMatchObject({
      versions: [{ version: 'v1' }, { version: 'v1beta1' }],
      preferredVersion: { groupVersion: 'slipway.dev/v1' },
    });
    const resources = (await get('/apis/slipway.dev/v1beta1')).resources.map(({ name }: any) => name);
    expect(resources).toEqual(['widgets', 'widgets/status']);
    const aggregated = await ok({
      method: 'GET',
      path: '/apis',
      accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    });
    expect(
      aggregated.items[0].versions.map(({ version, resources: all }: any) => [version, all.map(({ resource }: any) => resource)]),
    ).toEqual([
      ['v1', ['projects', 'widgets']],
      ['v1beta1', ['widgets']],
    ]);
    const index = await get('/openapi/v3');
    expect(Object.keys(index.paths)).toEqual(['apis/slipway.dev/v1', 'apis/slipway.dev/v1beta1', 'api/v1']);
    const document = await get(index.paths['apis/slipway.dev/v1beta1'].serverRelativeURL);
    const { spec } = document.components.schemas['dev.slipway.v1beta1.Widget'].properties;
    expect(Object.keys(spec.properties)).toContain('heading');
    expect(Object.keys(document.paths)).toEqual(
      [v1(), v1('/{name}'), v1('/{name}/status')]
        .map((path) => path.replace('v1', 'v1beta1').replace('default', '{namespace}'))
        .concat('/apis/slipway.dev/v1beta1/widgets'),
    );
  });

  it('has every version the kind names', () => {
    expect(versionsOf(widgetKind).map(({ version, selectableFields }) => [version, selectableFields])).toEqual([
      ['v1', ['spec.mode', 'spec.title']],
      ['v1beta1', ['spec.heading']],
    ]);
  });
});
