import type { CliDeps } from '../command.ts';
import type { HubOptions } from '../hub/session.ts';
import type { createAccountClient } from './account-client.ts';

/** The hub's answers about accounts in the tenant of the context, and the user they are about: the named one, or the caller. */
export async function openAccount(
  deps: CliDeps,
  options: HubOptions & { readonly user?: string },
): Promise<{ account: ReturnType<typeof createAccountClient>; name: string }> {
  const [{ contextsPath, createContextStore, resolveContext }, { createAccountClient: create }, { connectHub }] = await Promise.all([
    import('../config/contexts.ts'),
    import('./account-client.ts'),
    import('../hub/connect.ts'),
  ]);
  const found = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, options.context);
  const context = options.tenant === undefined ? found : { ...found, tenant: options.tenant };
  const account = create(context, deps.signal);
  return { account, name: options.user ?? (await connectHub(context, deps.signal).whoami()).username };
}
