import { sha256Hex, SlipwayError } from '@slipway/kit';
import {
  type ApiObject,
  type ClusterTemplateSpec,
  type ClusterTemplateStatus,
  isCurrent,
  isFinished,
  markOf,
  nextRollout,
  type NewObject,
  outdated,
  type RolloutSpec,
  rolloutSpecSchema,
  TEMPLATE_LABEL,
  withConditions,
} from '@slipway/model';
import { changed, defineController, done, type Step } from '@slipway/runtime';
import type { Deps, FleetDeps } from '../deps.ts';
import { type ClusterObject, keyOf, listClusters, splitKey } from '../reads.ts';
import type { RolloutObject } from '../rollout/scope.ts';
import { depsOf } from '../tenant-deps.ts';
import { writeStatus } from '../writes.ts';

type TemplateObject = ApiObject<ClusterTemplateSpec, ClusterTemplateStatus>;

interface TemplateScope {
  readonly deps: Deps;
  readonly template: TemplateObject;
  /** Those that follow it. */
  readonly clusters: readonly ClusterObject[];
  /** Rollouts it made, of whatever state. */
  rollouts: readonly RolloutObject[];
  readonly now: string;
}

/** Takes the clusters that follow a template to what it says, by rollouts; nothing else of a cluster is touched. */
export const clusterTemplateController = (deps: FleetDeps) =>
  defineController<TemplateScope>({
    name: 'cluster-template',
    resyncMs: 10 * 60_000,
    wakeOn: [
      changed(deps, 'ClusterTemplate', (template, tenant) => [keyOf(tenant, template)]),
      changed(deps, 'Cluster', ({ spec }, tenant) => (spec.template === undefined ? [] : [`${tenant}/${spec.template.name}`])),
      changed(deps, 'Rollout', ({ metadata }, tenant) => {
        const template = metadata.labels?.[TEMPLATE_LABEL];
        return template === undefined ? [] : [`${tenant}/${template}`];
      }),
    ],
    load: (key) => load(deps, key),
    deleting: ({ template }) => Boolean(template.metadata.deletionTimestamp),
    phases: {
      active: [
        { name: 'overtaken', run: abortOvertaken },
        { name: 'rollout', needs: ['overtaken'], run: startNext },
      ],
    },
    finish,
  });

async function load(fleet: FleetDeps, key: string): Promise<TemplateScope | undefined> {
  const { tenant, name } = splitKey(key);
  const deps = depsOf(fleet, tenant);
  const template = (await deps.store.get({ kind: 'ClusterTemplate', name })) as TemplateObject | undefined;
  if (!template) return undefined;
  const clusters = (await listClusters(deps.store, `spec.template.name=${name}`)).filter(({ metadata }) => !metadata.deletionTimestamp);
  const { items } = await deps.store.list({ kind: 'Rollout', labelSelector: `${TEMPLATE_LABEL}=${name}` });
  return { deps, template, clusters, rollouts: items as RolloutObject[], now: new Date(deps.clock.now()).toISOString() };
}

const isUnderWay = ({ status }: RolloutObject): boolean => !isFinished(status?.phase);

/** A rollout to a version that the template does not say any more would fight the next one. */
async function abortOvertaken(scope: TemplateScope): Promise<Step> {
  const { template, deps } = scope;
  const wanted = [template.spec.profile, ...template.spec.addons];
  for (const rollout of scope.rollouts.filter(isUnderWay)) {
    const { target, aborted } = rollout.spec;
    const holds = wanted.some((ref) => ref.scope === target.scope && ref.name === target.name && ref.version === target.version);
    if (!holds && !aborted) await deps.store.update({ ...rollout, spec: { ...rollout.spec, aborted: true } });
  }
  return done();
}

/** One at a time, the profile first: an add-on may need what the new profile brings. */
async function startNext(scope: TemplateScope): Promise<Step> {
  const { template, clusters, deps, rollouts } = scope;
  if (rollouts.some((rollout) => isUnderWay(rollout) && !rollout.spec.aborted)) return done();
  const next = nextRollout({ template, clusters, rollouts, markOf });
  if (next === undefined) return done();
  const spec: RolloutSpec = rolloutSpecSchema.parse({
    ...template.spec.rollout,
    target: next.target,
    install: next.target !== template.spec.profile,
    selector: { template: template.metadata.name },
  });
  const { name, uid } = template.metadata;
  const rollout: NewObject = {
    kind: 'Rollout',
    metadata: {
      // The same name for the same purpose: cut short after this write, the next run finds that it is there.
      name: `${name.slice(0, 50)}-${sha256Hex(JSON.stringify([uid, next.target, next.round])).slice(0, 8)}`,
      labels: { [TEMPLATE_LABEL]: name },
      ownerReferences: [{ apiVersion: 'slipway.dev/v1', kind: 'ClusterTemplate', name, uid, controller: true }],
    },
    spec,
  };
  try {
    scope.rollouts = [...rollouts, (await deps.store.create(rollout)) as RolloutObject];
  } catch (error) {
    if (!(error instanceof SlipwayError && error.code === 'AlreadyExists')) throw error;
  }
  return done();
}

async function finish({ deps, template, clusters, rollouts, now }: TemplateScope): Promise<void> {
  const current = clusters.filter(({ spec }) => isCurrent(spec, template.spec)).length;
  const underWay = rollouts.filter((rollout) => isUnderWay(rollout)).map(({ metadata }) => metadata.name);
  const behind = outdated(
    clusters.map(({ spec }) => spec),
    template.spec,
  ).map(({ name, version }) => `${name}@${version}`);
  const isAll = current === clusters.length;
  const message = isAll
    ? `${current} of ${clusters.length} clusters are as the template says.`
    : underWay.length > 0
      ? `The rollout ${underWay.join(', ')} is under way.`
      : `${clusters.length - current} clusters are not at ${behind.join(', ')}, and no rollout is under way: the last one ended without them.`;
  const reason = isAll ? 'Current' : underWay.length > 0 ? 'RollingOut' : 'LeftBehind';
  const status: ClusterTemplateStatus = {
    clusters: clusters.length,
    current,
    rollouts: underWay,
    conditions: withConditions(
      template.status?.conditions ?? [],
      [{ type: 'Current', status: isAll ? 'True' : 'False', reason, message }],
      { now },
    ),
    observedGeneration: template.metadata.generation,
  };
  await writeStatus(deps.store, template, status);
}
