import {
  type ApiObject,
  clusterProfileKinds,
  type ClusterProfileSpec,
  type ClusterProfileStatus,
  type ProfileVersion,
  type Scope,
  SCOPES,
} from '@slipway/model';
import { parseProfile } from '../commands/upgrade.ts';
import { UsageError } from '../exit.ts';
import type { Hub } from '../hub/hub.ts';

export type ProfileObject = ApiObject<ClusterProfileSpec, ClusterProfileStatus>;

export interface FoundVersion {
  readonly scope: Scope;
  readonly object: ProfileObject;
  readonly version: ProfileVersion;
}

export interface ProfilePlace {
  readonly hub: Hub;
  readonly project: string;
  readonly scope: Scope;
}

export function requireScope(text: string): Scope {
  const scope = SCOPES.find((one) => one === text);
  if (scope === undefined) throw new UsageError(`"${text}" is no scope`, `Write one of: ${SCOPES.join(', ')}.`);
  return scope;
}

/** The version that `name@version` or `system/name@version` means; only `version` is one of the profile that was named before. */
export async function findVersion({ hub, project, ...place }: ProfilePlace, text: string, before = ''): Promise<FoundVersion> {
  const { name, version, scope = place.scope } = parseProfile(text, before);
  const object = (await hub.get(clusterProfileKinds.at(scope), name, project)) as ProfileObject;
  const { versions } = object.spec;
  const found = versions.find((one) => one.version === version);
  if (found === undefined)
    throw new UsageError(`profile "${name}" has no version ${version}`, `It has: ${versions.map((one) => one.version).join(', ')}.`);
  return { object, scope, version: found };
}
