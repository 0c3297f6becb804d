import type { PlanGate, PlanLayer } from '@slipway/model';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { configMap, createEngineHarness, definitionOf, type EngineHarness } from '../testing/engine-harness.ts';

let h: EngineHarness;
beforeAll(async () => {
  h = await createEngineHarness();
}, 60_000);
afterAll(() => h?.stop());
beforeEach(async () => {
  await h.nextNamespace();
  h.startEngine();
});
afterEach(() => h.stopEngine());

const PATIENT = { timeout: 20_000, interval: 20 };
const gated = (name: string, readiness: PlanGate[], more: Partial<PlanLayer> = {}) =>
  h.manifests(name, [configMap(`${name}-settings`)], { readiness, ...more });
const ofData = (name: string, expression: string, more: object = {}): PlanGate => ({
  type: 'expression',
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  expression,
  ...more,
});
const setData = (name: string, data: Record<string, string>) =>
  h.kube.apply({ ...configMap(name, data), metadata: { name, namespace: h.namespace() } }, { fieldManager: 'somebody', force: true });
const is = (name: string, state: string, message: string | RegExp) =>
  expect
    .poll(() => h.factOf(name), PATIENT)
    .toMatchObject({
      state,
      reason: state === 'Ready' ? 'Ready' : 'WaitingForGate',
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
    });

test('a layer waits for its gates and says which object it waits for and why; those that build on it wait with it', async () => {
  const gate = ofData('election', 'object.data.leader != ""');
  await h.enforce([gated('db', [gate]), gated('app', [], { dependsOn: [`${h.namespace()}-db`] }), gated('other', [])]);
  await is('db', 'Installing', 'Waits for ConfigMap election: is not there');
  await h.ready('other');
  expect(h.factOf('app')).toMatchObject({ state: 'Waiting', message: `Waits for layer ${h.namespace()}-db to be ready.` });
  await setData('election', { term: '1' });
  await is('db', 'Installing', 'Waits for ConfigMap election: object.data.leader != "": No such key: leader');
  await setData('election', { leader: '' });
  await is('db', 'Installing', 'Waits for ConfigMap election: not yet so: object.data.leader != ""');
  await setData('election', { leader: 'db-0' });
  await h.ready('db');
  await h.ready('app');
  expect(h.factOf('db')?.gates).toBe(1);
  expect(h.factOf('app')).not.toHaveProperty('gates');
  // A gate that breaks later degrades its layer and takes nothing from those that run already.
  await setData('election', { leader: '' });
  await is('db', 'Degraded', /^Waits for ConfigMap election/);
  expect(h.factOf('app')?.state).toBe('Ready');
  await setData('election', { leader: 'db-1' });
  await h.ready('db');
}, 60_000);

test('a change is noticed by the watch, long before any round of checks', async () => {
  await h.enforce([gated('db', [ofData('flag', 'object.data.on == "yes"')])]);
  await setData('flag', { on: 'yes' });
  await h.ready('db');
  const before = performance.now();
  await setData('flag', { on: 'no' });
  await expect.poll(() => h.factOf('db')?.state, PATIENT).toBe('Degraded');
  // The safety net comes every five minutes.
  expect(performance.now() - before).toBeLessThan(15_000);
});

test('a gate that is not met in time fails its layer with the words, and one that comes late still counts', async () => {
  await h.enforce([gated('db', [ofData('late', 'object.data.on == "yes"')], { timeoutSeconds: 1 })]);
  await is('db', 'Failed', 'Not ready after 1 s: Waits for ConfigMap late: is not there');
  await setData('late', { on: 'yes' });
  await h.ready('db');
});

test('conditions: of a kind that comes later, cluster-scoped or not, and not those of an older generation', async () => {
  const certificate = { apiVersion: 'gate.slipway.dev/v1', kind: 'Certificate', metadata: { name: 'web', namespace: h.namespace() } };
  const gate: PlanGate = {
    type: 'condition',
    apiVersion: certificate.apiVersion,
    kind: certificate.kind,
    name: 'web',
    condition: 'Issued',
    status: 'True',
  };
  const established: PlanGate = {
    type: 'condition',
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    name: 'certificates.gate.slipway.dev',
    condition: 'Established',
    status: 'True',
  };
  await h.enforce([gated('tls', [gate, established])]);
  await is('tls', 'Installing', /serves no kind "Certificate".*CustomResourceDefinition certificates.gate.slipway.dev: is not there/);
  await h.enforce([gated('tls', [gate, established]), h.manifests('crd', [definitionOf('gate.slipway.dev', 'Certificate')])]);
  await h.ready('crd');
  await is('tls', 'Installing', 'Waits for Certificate web: is not there');
  await h.kube.create({ ...certificate, spec: { size: 1 } });
  await is('tls', 'Installing', 'Waits for Certificate web: has no condition Issued yet');
  const says = (status: string, observedGeneration: number) =>
    h.kube.patch(
      { ...certificate, namespace: h.namespace(), name: 'web' },
      { status: { conditions: [{ type: 'Issued', status, message: 'the order is pending', observedGeneration }] } },
      { subresource: 'status' },
    );
  await says('False', 1);
  await is('tls', 'Installing', 'Waits for Certificate web: condition Issued is False, not True: the order is pending');
  await says('True', 1);
  await h.ready('tls');
  await h.kube.patch({ ...certificate, namespace: h.namespace(), name: 'web' }, { spec: { size: 2 } });
  await is('tls', 'Degraded', 'Waits for Certificate web: waiting for its controller to see the change');
  await says('True', 2);
  await h.ready('tls');
}, 60_000);

test('of many objects all must be right, or so many as the gate says', async () => {
  const label = (name: string, on: string) =>
    h.kube.apply(
      { ...configMap(name, { on }), metadata: { name, namespace: h.namespace(), labels: { app: 'member' } } },
      { fieldManager: 'somebody', force: true },
    );
  const gate = (more: object): PlanGate => {
    const { name: _name, ...rest } = ofData('', 'object.data.on == "yes"', { selector: 'app=member', ...more }) as Record<string, unknown>;
    return rest as PlanGate;
  };
  await h.enforce([gated('all', [gate({})]), gated('quorum', [gate({ atLeast: 2 })])]);
  await is('all', 'Installing', 'Waits for ConfigMap with app=member: there is none yet');
  // More than one page.
  const names = Array.from({ length: 60 }, (_, index) => `member-${index}`);
  await Promise.all(names.map((name) => label(name, 'no')));
  await label('member-59', 'yes');
  await is('all', 'Installing', /^Waits for ConfigMap with app=member: 1 of 60: member-0 not yet so: .*; .*; .* \(and 56 more\)$/);
  await is('quorum', 'Installing', /1 of 60, and 2 must be: member-0/);
  await label('member-0', 'yes');
  await h.ready('quorum');
  await Promise.all(names.map((name) => label(name, 'yes')));
  await h.ready('all');
}, 60_000);

test('other gates for a layer that is installed are judged without installing it again', async () => {
  await h.enforce([gated('app', [])]);
  await h.ready('app');
  const version = async () => (await h.get('ConfigMap', 'app-settings'))?.metadata.resourceVersion;
  const before = await version();
  await h.enforce([gated('app', [ofData('flag', 'object.data.on == "yes"')])]);
  await is('app', 'Degraded', 'Waits for ConfigMap flag: is not there');
  await h.enforce([gated('app', [ofData('app-settings', 'object.data.a == "1"')])]);
  await h.ready('app');
  expect(await version()).toBe(before);
});

test('drift that is put right meets the gate again', async () => {
  await h.enforce([gated('app', [ofData('app-settings', 'object.data.a == "1"')])]);
  await h.ready('app');
  const seen: string[] = [];
  await h.enforce([gated('app', [ofData('app-settings', 'object.data.a == "1"')], { drift: 'report' })]);
  await h.kubectl('patch', 'configmap', 'app-settings', '--type=merge', '-p', '{"data":{"a":"2"}}');
  await is('app', 'Degraded', 'Waits for ConfigMap app-settings: not yet so: object.data.a == "1"');
  seen.push(h.drift()[0]?.state ?? 'none');
  await h.enforce([gated('app', [ofData('app-settings', 'object.data.a == "1"')], { drift: 'heal' })]);
  await h.ready('app');
  expect(seen).toEqual(['Open']);
});

test('a gate this agent does not know keeps its layer from being Ready, and says what is needed', async () => {
  await h.enforce([gated('app', [{ type: 'probe', url: 'https://web.example' }])]);
  await expect
    .poll(() => h.factOf('app'), PATIENT)
    .toMatchObject({
      state: 'Installing',
      reason: 'NeedsNewerAgent',
      message: expect.stringContaining('does not know readiness gates of type probe'),
      gates: 0,
    });
});

test('an expression that would take forever holds up its own layer only', async () => {
  await setData('hostile', { text: 'a'.repeat(60) });
  await h.enforce([gated('app', [ofData('hostile', 'object.data.text.matches("^(a+)+!$")')]), gated('other', [])]);
  await is('app', 'Installing', /It took longer than 250 ms/);
  await h.ready('other');
}, 40_000);
