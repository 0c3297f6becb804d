import { objectPath } from '@slipway/api/browser';
import type { ClusterProfileSpec, ClusterValues, ProfileRef } from '@slipway/model';
import { deepEqual, profileText } from '@slipway/model/browser-profiles';
import { useEffect, useState } from 'react';
import { KINDS } from '../../hub/kinds.ts';
import type { Cluster } from '../../hub/objects.ts';
import type { PlacedProfile, Profile } from '../../hub/placed-profile.ts';
import { client } from '../../hub/session.ts';

export interface Rendered {
  readonly values?: ClusterValues;
  readonly problem?: unknown;
}

/** Somebody who types is let finish. */
const PAUSE_MS = 400;

/** What a cluster's layers are told; with `objects`, what they would be told if these were applied. Secrets are masked by the hub: none of them comes here. */
export function useRendered(
  cluster: Cluster,
  options: {
    readonly objects?: readonly object[] | undefined;
    readonly defaults: boolean;
    /** Nobody wants to know. */ readonly idle?: boolean;
  },
): Rendered {
  const [rendered, setRendered] = useState<Rendered>({});
  const { name, namespace: project } = cluster.metadata;
  const path = `${objectPath({ kind: KINDS.clusters, project, name })}/values`;
  const objects = options.objects === undefined ? '' : JSON.stringify(options.objects);
  const { defaults, idle = false } = options;
  // The status is written all the time and decides nothing here.
  const { generation } = cluster.metadata;
  useEffect(() => {
    if (idle) return;
    const left = new AbortController();
    const ask = () =>
      client
        .request<ClusterValues>(path, {
          signal: left.signal,
          query: defaults ? { defaults: 'true' } : {},
          ...(objects === '' ? {} : { method: 'POST', body: { objects: JSON.parse(objects) as object[] } }),
        })
        .then(
          (values) => setRendered({ values }),
          (problem: unknown) => {
            if (!left.signal.aborted) setRendered((before) => ({ ...before, problem }));
          },
        );
    const timer = setTimeout(() => void ask(), objects === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [path, objects, defaults, generation, idle]);
  return rendered;
}

export interface Otherwise {
  /** Another version of one of the cluster's profiles. */
  readonly ref?: ProfileRef | undefined;
  /** The profile it is a version of: of a draft the hub is told as if it were published. */
  readonly profile?: Profile | undefined;
  /** Those of the cluster, or others. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The objects to ask about; undefined when nothing would be otherwise. */
export function candidatesOf(
  { metadata, spec, apiVersion }: Cluster,
  { ref, profile, variables }: Otherwise,
): readonly object[] | undefined {
  if (ref === undefined && deepEqual(variables, spec.variables)) return undefined;
  const moved = (one: ProfileRef): ProfileRef => (ref !== undefined && one.scope === ref.scope && one.name === ref.name ? ref : one);
  const cluster = {
    apiVersion,
    kind: 'Cluster',
    metadata: { name: metadata.name, namespace: metadata.namespace },
    spec: { ...spec, profile: moved(spec.profile), addons: spec.addons.map(moved), variables },
  };
  const draft = profile?.spec.versions.find(({ version, state }) => version === ref?.version && state === 'draft');
  return [...(profile === undefined || draft === undefined ? [] : [asPublished(profile, draft.version)]), cluster];
}

function asPublished({ apiVersion, kind, metadata, spec }: Profile, draft: string): object {
  const versions = spec.versions.map((one): ClusterProfileSpec['versions'][number] =>
    one.version === draft ? { ...one, state: 'published' } : one,
  );
  const { name, namespace } = metadata;
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) }, spec: { ...spec, versions } };
}

export interface OtherVersion {
  readonly ref: ProfileRef;
  readonly profile: Profile | undefined;
  /** `shop@1.1.0` */
  readonly text: string;
  readonly draft: boolean;
}

/** Every version of the profiles that a cluster uses, but those that it is at. */
export function otherVersions(
  { spec, metadata }: Cluster,
  profiles: readonly Pick<PlacedProfile, 'scope' | 'profile'>[],
): readonly OtherVersion[] {
  const used = [spec.profile, ...spec.addons];
  return used.flatMap((ref) => {
    const found = profiles.find(
      ({ scope, profile }) =>
        scope === ref.scope &&
        profile.metadata.name === ref.name &&
        (scope !== 'project' || profile.metadata.namespace === metadata.namespace),
    );
    return (found?.profile.spec.versions ?? [])
      .filter(({ version }) => version !== ref.version)
      .map(({ version, state }) => {
        const other = { ...ref, version };
        return { ref: other, profile: found?.profile, text: profileText(other), draft: state === 'draft' };
      });
  });
}
