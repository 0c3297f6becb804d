import { silentLogger, systemClock } from '@slipway/kit';
import { createKubeClient, fromKubeconfig, type KubeClient, type KubeObject } from '@slipway/kube';
import {
  objectWords,
  type ClusterPlan,
  type DriftFact,
  type KeptFact,
  type LayerFact,
  type PlanLayer,
  type Tombstone,
} from '@slipway/model';
import { createHelm } from '@slipway/packs';
import { startApiServer, testTool, type TestApiServer } from '@slipway/testkit';
import { expect } from 'vitest';
import { createDriftGuard, type DriftGuard } from '../drift/drift-guard.ts';
import { createLayerEngine, type LayerEngine } from '../layers/engine.ts';
import { createInstaller } from '../layers/installer.ts';
import { createInventoryStore } from '../layers/inventory.ts';
import { createKeptStore, type KeptStore } from '../removal/kept-store.ts';
import type { LayerReadiness } from '../layers/watch-readiness.ts';

/** The engine of an agent against a real API server, without a hub. */
export interface EngineHarness {
  readonly api: TestApiServer;
  readonly kube: KubeClient;
  /** A namespace of its own for the next test, also the prefix of its layers. */
  nextNamespace(): Promise<string>;
  namespace(): string;
  /** As after a fresh start of the agent: it knows only what is in the cluster. */
  startEngine(): void;
  stopEngine(): Promise<void>;
  /** How builtin layers are from now on; at first they are ready. */
  builtinIs(state: LayerReadiness): void;
  manifests(name: string, objects: Record<string, unknown>[], more?: Partial<PlanLayer>): PlanLayer;
  enforce(layers: PlanLayer[], tombstones?: Tombstone[]): Promise<void>;
  engine(): LayerEngine;
  /** What removals left: "Namespace t1-a: holds …", of one layer of this test. */
  kept(name: string): string[];
  keptFacts(): KeptFact[];
  /** A tombstone of a layer of this test, and its removal until it is done. */
  stone(name: string, more?: Partial<Extract<Tombstone, { type: 'layer' }>>): Tombstone;
  removed(...stones: Tombstone[]): Promise<void>;
  factOf(name: string): LayerFact | undefined;
  ready(name: string): Promise<void>;
  get(kind: string, name: string, apiVersion?: string): Promise<KubeObject | undefined>;
  /** Drift of this test's layers. */
  drift(): DriftFact[];
  /** Runs kubectl in the test's namespace. */
  kubectl(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  /** Chart archives by digest. */
  readonly charts?: (digest: string) => Promise<string>;
}

export async function createEngineHarness(options: HarnessOptions = {}): Promise<EngineHarness> {
  const api = await startApiServer({ controllers: true });
  const kube = createKubeClient(await fromKubeconfig(api.kubeconfig));
  await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'slipway-system' } });
  let namespace = '';
  let count = 0;
  let revision = 0;
  let stop = new AbortController();
  let guard: DriftGuard;
  let engine: LayerEngine;
  let kept: KeptStore;
  let builtin: LayerReadiness = { ready: true, failed: false, message: '' };
  const plan = (layers: PlanLayer[], tombstones: Tombstone[]): ClusterPlan => ({
    kind: 'ClusterPlan',
    clusterUid: 'uid-1',
    cluster: 'dev',
    project: 'default',
    revision: ++revision,
    profile: { name: 'p', version: '1' },
    kubernetesVersion: 'v1.36.3',
    layers,
    tombstones,
  });
  const factOf = (name: string) => engine.layers().find((fact) => fact.name === `${namespace}-${name}`);

  return {
    api,
    kube,
    async nextNamespace() {
      namespace = `t${++count}`;
      await kube.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      return namespace;
    },
    namespace: () => namespace,
    startEngine() {
      stop = new AbortController();
      const inventory = createInventoryStore(kube, 'slipway-system');
      const helm = createHelm({ binary: testTool('helm'), workDir: `${api.dir}/helm`, kubeconfig: api.kubeconfig, kube });
      guard = createDriftGuard({
        kube,
        clock: systemClock,
        logger: silentLogger,
        onChange: () => undefined,
        onTouched: (layer, id) => engine.touch(layer, id),
      });
      const charts = { file: options.charts ?? (() => Promise.reject(new Error('no charts in this test'))) };
      kept = createKeptStore(kube, 'slipway-system');
      const installer = createInstaller({ kube, helm, inventory, guard, logger: silentLogger, charts, leftBefore: kept.has });
      engine = createLayerEngine({
        kube,
        helm,
        inventory,
        kept,
        home: 'slipway-system',
        installer,
        guard,
        clock: systemClock,
        logger: silentLogger,
        builtin: () => builtin,
        onChange: () => undefined,
      });
      guard.start(stop.signal);
    },
    builtinIs(state) {
      builtin = state;
      engine.wake();
    },
    async stopEngine() {
      stop.abort();
      await engine.stop();
    },
    manifests: (name, objects, more = {}) => ({
      name: `${namespace}-${name}`,
      type: 'addon',
      namespace,
      dependsOn: [],
      drift: 'heal',
      timeoutSeconds: 30,
      content: { type: 'manifests', objects },
      ...more,
    }),
    enforce: (layers, tombstones = []) => engine.enforce(plan(layers, tombstones), stop.signal),
    engine: () => engine,
    keptFacts: () => kept.facts(),
    kept: (name) =>
      kept
        .facts()
        .filter((fact) => fact.layer === `${namespace}-${name}`)
        .flatMap((fact) => fact.kept.map(({ object, reason }) => `${objectWords(object)}: ${reason}`)),
    stone: (name, more = {}) => ({
      type: 'layer',
      id: `${namespace}-${name}`,
      layer: `${namespace}-${name}`,
      namespace,
      objects: [],
      ...more,
    }),
    async removed(...stones) {
      const ids = stones.map(({ id }) => id);
      await expect.poll(() => ids.filter((id) => !engine.tombstonesDone().includes(id)), { timeout: 60_000, interval: 50 }).toEqual([]);
    },
    factOf,
    async ready(name) {
      await expect.poll(() => `${factOf(name)?.state} ${factOf(name)?.message}`, { timeout: 20_000, interval: 20 }).toBe('Ready ');
    },
    get: (kind, name, apiVersion = 'v1') => kube.get({ apiVersion, kind, namespace, name }),
    drift: () => guard.facts().filter((fact) => fact.layer.startsWith(`${namespace}-`)),
    kubectl: async (...args) => (await api.kubectl(['-n', namespace, ...args])).stdout,
    async stop() {
      kube.close();
      await api.stop();
    },
  };
}

export const configMap = (name: string, data: Record<string, string> = { a: '1' }) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

export const deployment = (name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        containers: [
          {
            name: 'app',
            image: 'registry.test/app:1',
            args: ['one', 'two'],
            ports: [{ containerPort: 80 }],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ],
      },
    },
    ...more,
  },
});

/** A definition of a kind in one version, whose objects may hold anything. */
export const definitionOf = (group: string, kind: string) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
});
