import { messageOf } from '@slipway/kit';
import {
  diffProfiles,
  type FieldDiff,
  fieldDiff,
  isSameProfile,
  type LayerChange,
  packKinds,
  packObjectName,
  type ProfileDiff,
} from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { EXIT, Finished } from '../exit.ts';
import { type HubOptions, openSession } from '../hub/session.ts';
import { requireFormat, toYaml } from '../output/format.ts';
import { renderProfileDiff } from '../output/profile-diff.ts';
import { findVersion, type ProfilePlace, requireScope } from './profile-version.ts';

export interface DiffOptions extends HubOptions {
  readonly scope: string;
  readonly output: string;
}

/** What another version of its pack asks for, of a layer; or why that cannot be said. */
export interface ConstraintsChange {
  readonly layer: string;
  readonly diff: readonly FieldDiff[];
  readonly unknown?: string;
}

export interface ComparedVersions extends ProfileDiff {
  readonly from: string;
  readonly to: string;
  readonly constraints: readonly ConstraintsChange[];
}

/** Shows how two versions differ; exit code 7 when they do. */
export async function diff(deps: CliDeps, [first, second]: readonly [string, string], options: DiffOptions): Promise<void> {
  const format = requireFormat(options.output);
  const place = { ...(await openSession(deps, options)), scope: requireScope(options.scope) };
  const from = await findVersion(place, first);
  const to = await findVersion(place, second, from.object.metadata.name);
  const difference = diffProfiles(from.version, to.version);
  const text = ({ object, version }: typeof from) => `${object.metadata.name}@${version.version}`;
  const compared: ComparedVersions = {
    from: text(from),
    to: text(to),
    ...difference,
    constraints: await constraintsOf(place, difference.layers.changed),
  };
  if (format === 'json') deps.io.data(JSON.stringify(compared, null, 2));
  else if (format === 'yaml') deps.io.data(toYaml(compared));
  else deps.io.data(renderProfileDiff(deps.io, compared));
  if (!isSameProfile(difference)) throw new Finished(EXIT.differences);
}

interface Chart {
  readonly registry: string;
  readonly registryScope: 'project' | 'tenant' | 'system';
  readonly name: string;
  readonly version: string;
}

/** Of the layers whose chart changed. What no registry tells is said so: the rest of the comparison stands. */
async function constraintsOf(place: ProfilePlace, layers: readonly LayerChange[]): Promise<ConstraintsChange[]> {
  const found: ConstraintsChange[] = [];
  for (const { name, fields } of layers) {
    const chart = fields.find(({ field }) => field === 'chart');
    if (chart?.from === undefined || chart.to === undefined) continue;
    try {
      const [before, after] = [await constraintsIn(place, chart.from as Chart), await constraintsIn(place, chart.to as Chart)];
      const difference = fieldDiff(before, after);
      if (difference.length > 0) found.push({ layer: name, diff: difference });
    } catch (error) {
      found.push({ layer: name, diff: [], unknown: messageOf(error) });
    }
  }
  return found;
}

async function constraintsIn({ hub, project }: ProfilePlace, { registry, registryScope, name, version }: Chart): Promise<unknown> {
  const kind = packKinds.at(registryScope === 'project' ? 'project' : 'tenant');
  return (await hub.packContent(kind, packObjectName(registry, name), { version, project })).metadata.constraints;
}
