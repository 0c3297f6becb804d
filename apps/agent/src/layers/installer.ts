import { readFile } from 'node:fs/promises';
import { canonicalJson, sha256Hex, type Logger } from '@slipway/kit';
import type { KubeClient, KubeObject } from '@slipway/kube';
import type { ObjectId, PlanLayer } from '@slipway/model';
import { chartDefinitions } from '@slipway/packs';
import type { DriftGuard } from '../drift/drift-guard.ts';
import type { ChartCache } from './charts.ts';
import type { Inventory, InventoryStore } from './inventory.ts';
import { applyManifests, ensureNamespaces, manifestObjects, placed } from './manifests.ts';
import { createAdoption } from './adoption.ts';
import { objectIdOf, objectKey, refOf, unionOf } from './object-id.ts';
import { clearDeadRevision, hookObjects, namedObjects, readRelease, releaseObjects, type ReleaseRecord } from './release.ts';

/** Runs the helm program; the one place that starts it is `packages/packs`. */
export interface HelmRunner {
  upgradeInstall(input: {
    readonly release: string;
    readonly namespace: string;
    readonly chartFile: string;
    readonly values: Record<string, unknown>;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  }): Promise<unknown>;
  uninstall(input: { readonly release: string; readonly namespace: string; readonly signal: AbortSignal }): Promise<unknown>;
}

export interface InstallerDeps {
  readonly kube: KubeClient;
  readonly helm: HelmRunner;
  readonly charts: ChartCache;
  readonly inventory: InventoryStore;
  readonly guard: DriftGuard;
  readonly logger: Logger;
  /** Whether the layer made this object in an earlier life and left it when it was removed. */
  readonly leftBefore: (layer: string, key: string) => Promise<boolean>;
}

export interface Installed {
  readonly version: string;
  /** What the layer is made of now. */
  readonly wanted: readonly KubeObject[];
  /** Everything it made and that still may be there: wanted, and what earlier contents left for tombstones to take. */
  readonly objects: readonly ObjectId[];
}

/** The identity of what a layer installs: equal hashes mean there is nothing to do. The drift policy and dependencies are not part of it. */
export function contentHash(layer: PlanLayer): string {
  const { content, namespace } = layer;
  const what = content.type === 'chart' ? { ...content, values: sha256Hex(canonicalJson(content.values)) } : content;
  return sha256Hex(canonicalJson({ what, namespace }));
}

export interface Installer {
  /** Brings the layer's content into the cluster, or finds that it is there. Leaves its objects guarded against drift. Does not wait for readiness. */
  install(layer: PlanLayer, signal: AbortSignal): Promise<Installed>;
  /** Whether helm's record of a chart layer still says that our content is what is deployed. */
  stillThere(layer: PlanLayer): Promise<boolean>;
  /** The layer left the plan and is no longer guarded: should it come back, everything is applied anew. */
  forget(layer: string): void;
}

const textOf = (object: KubeObject) => sha256Hex(canonicalJson(object));

export function createInstaller(deps: InstallerDeps): Installer {
  const { kube, inventory, guard } = deps;
  /** What this process applied, by layer and object: of a plan that changes one object of a thousand only that one is applied. */
  const applied = new Map<string, Map<string, string>>();
  /** Layers whose last change was begun and not finished: their inventory's hash does not tell what is there. */
  const unfinished = new Set<string>();
  /** Namespaces that were there when they were last asked for. */
  const namespaces = new Set<string>();
  const appliedIn = (layer: string): Map<string, string> => {
    const known = applied.get(layer) ?? new Map<string, string>();
    applied.set(layer, known);
    return known;
  };

  async function installManifests(layer: PlanLayer, objects: readonly Record<string, unknown>[], signal: AbortSignal): Promise<Installed> {
    const hash = contentHash(layer);
    const before = await inventory.load(layer.name);
    const version = hash.slice(0, 12);
    const raw = manifestObjects(layer.name, objects);
    if (before?.contentHash === hash && !unfinished.has(layer.name)) {
      const wanted = await placed(kube, raw, layer.namespace);
      guard.guard(layer.name, layer.drift, wanted);
      return { version, wanted, objects: before.objects };
    }
    guard.suspend(layer.name);
    const adoption = createAdoption({ inventory, leftBefore: deps.leftBefore, layer: layer.name, before });
    let all: ObjectId[] = [...(before?.objects ?? [])];
    const pending = [...(before?.pending ?? [])];
    // Written down before it is made: an agent that dies in between still knows what is its own.
    const note = async (phase: readonly KubeObject[]): Promise<void> => {
      const more = unionOf(all, phase.map(objectIdOf));
      if (more.length === all.length) return;
      const known = new Set(all.map(objectKey));
      pending.push(...more.map(objectKey).filter((key) => !known.has(key)));
      all = more;
      await inventory.save({ ...before, layer: layer.name, contentHash: undefined, objects: all, pending });
    };
    await ensureNamespaces(kube, [layer.namespace], namespaces);
    unfinished.add(layer.name);
    const known = appliedIn(layer.name);
    const made: { object: KubeObject; answer: KubeObject }[] = [];
    const result = await applyManifests({
      kube,
      objects: raw,
      namespace: layer.namespace,
      before: note,
      isApplied: (object) => known.get(objectKey(objectIdOf(object))) === textOf(object),
      onApplied: (object, answer) => {
        known.set(objectKey(objectIdOf(object)), textOf(object));
        made.push({ object, answer });
        adoption.applied(answer);
      },
      namespaces,
      ignored: layer.driftIgnored,
      signal,
    }).catch((error: unknown) => {
      namespaces.clear();
      // What could be applied is held from now on, and so is what was there before.
      guard.resume(layer.name, made);
      throw error;
    });
    const adopted = await adoption.keys();
    await inventory.save({
      layer: layer.name,
      contentHash: hash,
      version,
      // Of an earlier content: its tombstone may not have been carried out yet.
      ...(before?.release === undefined ? {} : { release: before.release }),
      objects: all,
      ...(adopted.length === 0 ? {} : { adopted }),
    });
    unfinished.delete(layer.name);
    guard.guard(layer.name, layer.drift, result.wanted, result.answers);
    return { version, wanted: result.wanted, objects: all };
  }

  async function installChart(layer: PlanLayer, signal: AbortSignal): Promise<Installed> {
    if (layer.content.type !== 'chart') throw new TypeError('not a chart layer');
    const { release: name, digest, values, version } = layer.content;
    const hash = contentHash(layer);
    const before = await inventory.load(layer.name);
    const deployed = await readRelease(kube, layer.namespace, name);
    if (before?.contentHash === hash && deployed?.status === 'deployed') return finish(layer, deployed, before, version);

    guard.suspend(layer.name);
    await ensureNamespaces(kube, [layer.namespace]);
    const chartFile = await deps.charts.file(digest, signal);
    const definitions = deployed === undefined ? await newDefinitions(chartFile, name) : [];
    const record: Inventory = {
      layer: layer.name,
      release: { name, namespace: layer.namespace },
      objects: unionOf(before?.objects ?? [], definitions),
    };
    await inventory.save(record);
    if (deployed !== undefined) await clearDeadRevision(kube, deployed);
    deps.logger.info({ layer: layer.name, chart: layer.content.name, version }, 'helm upgrade --install');
    await deps.helm
      .upgradeInstall({
        release: name,
        namespace: layer.namespace,
        chartFile,
        values,
        timeoutMs: layer.timeoutSeconds * 1000,
        signal,
      })
      .catch(async (error: unknown) => {
        // Refused before it changed anything (a template that fails, values that do not fit): what is there stays guarded.
        const now = await readRelease(kube, layer.namespace, name).catch(() => undefined);
        if (now !== undefined && now.revision === deployed?.revision) guard.resume(layer.name, []);
        throw error;
      });
    // A chart may bring kinds of its own.
    kube.resetDiscovery();
    const made = await readRelease(kube, layer.namespace, name);
    if (made === undefined) throw new TypeError(`helm said it installed ${name}, but its record is not there`);
    return finish(layer, made, { ...record, contentHash: hash, version }, version);
  }

  /** Helm makes the definitions of a chart's `crds` folder at the first install, if they are not there, and never touches them again: no release tells of them. */
  async function newDefinitions(chartFile: string, release: string): Promise<ObjectId[]> {
    const files = await chartDefinitions(await readFile(chartFile));
    const found = await Promise.all(files.map((text) => namedObjects(text, release)));
    const ids = found
      .flat()
      .map((object) => objectIdOf(object as KubeObject))
      .filter((id) => id.kind === 'CustomResourceDefinition');
    const there = await Promise.all(ids.map((id) => kube.get(refOf(id))));
    return ids.filter((_, index) => there[index] === undefined);
  }

  async function finish(layer: PlanLayer, release: ReleaseRecord, record: Inventory, version: string): Promise<Installed> {
    const wanted = await releaseObjects(kube, release, layer.name);
    const objects = unionOf(unionOf(record.objects, await hookObjects(kube, release)), wanted.map(objectIdOf));
    await inventory.save({ ...record, objects });
    guard.guard(layer.name, layer.drift, wanted);
    return { version, wanted, objects };
  }

  return {
    async install(layer, signal) {
      switch (layer.content.type) {
        case 'chart':
          return installChart(layer, signal);
        case 'manifests':
          return installManifests(layer, layer.content.objects, signal);
        case 'builtin':
          return { version: layer.content.version, wanted: [], objects: [] };
      }
    },
    forget: (layer) => void applied.delete(layer),
    async stillThere(layer) {
      if (layer.content.type !== 'chart') return true;
      const release = await readRelease(kube, layer.namespace, layer.content.release);
      return release?.status === 'deployed';
    },
  };
}
