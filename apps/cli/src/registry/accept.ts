import { SlipwayError } from '@slipway/kit';
import { type ApiObject, packKinds, packObjectName, type PackSpec, type PackStatus } from '@slipway/model';
import type { CliDeps } from '../command.ts';
import { confirm } from '../hub/confirm.ts';
import { openSession } from '../hub/session.ts';
import { renderImpact } from '../output/impact-plan.ts';
import type { RegistryPlace } from './embedded-client.ts';

export interface AcceptOptions extends RegistryPlace {
  readonly version: string;
  readonly registry: string;
  readonly yes: boolean;
}

/** Shows what a version was and is, and what it does to clusters to use what it is; then asks, and accepts exactly that. */
export async function acceptPack(deps: CliDeps, name: string, options: AcceptOptions): Promise<void> {
  const { hub, project } = await openSession(deps, options);
  const kind = packKinds.at(options.scope === 'project' ? 'project' : 'tenant');
  const object = packObjectName(options.registry, name);
  const pack = (await hub.get(kind, object, project)) as ApiObject<PackSpec, PackStatus>;
  const moved = pack.status?.moved.find(({ version }) => version === options.version);
  if (moved === undefined)
    throw new SlipwayError('NotFound', `Version ${options.version} of pack "${name}" was not replaced in registry "${options.registry}".`, {
      hint: `What was replaced is shown by: ${deps.self} get packs`,
    });
  const accept = { version: moved.version, digest: moved.found };
  deps.io.say(`${name} ${moved.version} was replaced in registry "${options.registry}":\n  used  ${moved.digest}\n  now   ${moved.found}`);
  const { impact } = await hub.acceptPack(kind, object, project, { accept, dryRun: true });
  if (impact) deps.io.say(renderImpact(deps.io, { title: `clusters that use ${name} ${moved.version}`, impact }));
  await confirm(deps, `Use the new content of ${name} ${moved.version}?`, options.yes);
  await hub.acceptPack(kind, object, project, { accept, dryRun: false });
  deps.io.data(`pack/${object} ${moved.version} accepted`);
}
