import { ADDRESS_CLASSES, createOutbound } from '@slipway/kit/outbound';
import { createOciClient, type OciClient } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import type { HubOptions } from '../hub/session.ts';

export interface EmbeddedRegistry {
  readonly client: OciClient;
  /** `127.0.0.1:7443`, as other programs name it. */
  readonly host: string;
  /** Where a pack lies: of the tenant, or of a project. */
  repository(pack: string): string;
  close(): Promise<void>;
}

export interface RegistryPlace extends HubOptions {
  readonly namespace?: string;
  readonly scope: 'tenant' | 'project';
}

/** The hub's own registry, as whoever is logged in. */
export async function openEmbedded(deps: CliDeps, place: RegistryPlace): Promise<EmbeddedRegistry> {
  const [{ contextsPath, createContextStore, resolveContext }, { connectHub }] = await Promise.all([
    import('../config/contexts.ts'),
    import('../hub/connect.ts'),
  ]);
  const context = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, place.context);
  const tenant = place.tenant ?? context.tenant ?? (await connectHub(context, deps.signal).whoami()).tenant;
  const project = place.project ?? place.namespace ?? context.project;
  // The hub is where its user says it is: on this machine as a rule.
  const outbound = createOutbound({
    rules: { allow: [...ADDRESS_CLASSES] },
    ...(context.certificateAuthority === undefined ? {} : { ca: [context.certificateAuthority] }),
  });
  const asker = { outbound, plainHttp: false, from: 'registry of the hub', signal: deps.signal };
  return {
    client: createOciClient({
      asker,
      base: context.server,
      credentials: context.token === undefined ? { type: 'none' } : { type: 'token', token: context.token },
    }),
    host: new URL(context.server).host,
    repository: (pack) => [tenant, ...(place.scope === 'project' ? [project] : []), pack].join('/'),
    close: () => outbound.close(),
  };
}
