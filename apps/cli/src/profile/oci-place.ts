import { readFile } from 'node:fs/promises';
import { ADDRESS_CLASSES, createOutbound } from '@slipway/kit/outbound';
import { createOciClient, type OciClient } from '@slipway/packs';
import type { CliDeps } from '../command.ts';
import { contextsPath, createContextStore, resolveContext } from '../config/contexts.ts';
import { UsageError } from '../exit.ts';
import type { HubOptions } from '../hub/session.ts';

export interface OciOptions extends HubOptions {
  readonly username?: string;
  readonly caFile?: string;
  readonly plainHttp?: boolean;
}

export interface OciPlace {
  readonly client: OciClient;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string | undefined;
  close(): Promise<void>;
}

const ADDRESS = /^oci:\/\/([^/@]+)\/([^@:]+)(?::([\w][\w.-]{0,127})|@(sha256:[0-9a-f]{64}))?$/;

export const isOci = (text: string): boolean => text.startsWith('oci://');

/** A place in an OCI registry: the hub's own as whoever is logged in, any other with the credentials that are given. */
export async function openOci(deps: CliDeps, address: string, options: OciOptions): Promise<OciPlace> {
  const [, host = '', repository = '', tag, digest] = ADDRESS.exec(address) ?? [];
  if (host === '' || repository === '')
    throw new UsageError(`"${address}" is no place in an OCI registry`, 'Write it like oci://registry.example.org/profiles/shop:1.0.0.');
  const context = await resolveContext(createContextStore(contextsPath(deps.env)), deps.env, options.context).catch(() => undefined);
  const own = context !== undefined && new URL(context.server).host === host ? context : undefined;
  const ca = options.caFile === undefined ? own?.certificateAuthority : await readFile(options.caFile, 'utf8');
  // Whoever types the address says where it is: on this machine as well as elsewhere.
  const outbound = createOutbound({ rules: { allow: [...ADDRESS_CLASSES] }, ...(ca === undefined ? {} : { ca: [ca] }) });
  const plainHttp = options.plainHttp === true;
  return {
    client: createOciClient({
      asker: { outbound, plainHttp, from: `registry ${host}`, signal: deps.signal },
      base: `${plainHttp ? 'http' : 'https'}://${host}`,
      credentials: own?.token === undefined ? await credentialsOf(deps, options) : { type: 'token', token: own.token },
    }),
    repository,
    reference: tag ?? digest,
    close: () => outbound.close(),
  };
}

/** The password of a user: from the environment, or asked for. Never on the command line, where others see it. */
async function credentialsOf(deps: CliDeps, { username }: OciOptions) {
  if (username === undefined) return { type: 'none' } as const;
  const given = deps.env['SLIPWAY_REGISTRY_PASSWORD'];
  if (given === undefined && !deps.io.interactive)
    throw new UsageError(`there is no password for ${username}`, 'Give it in SLIPWAY_REGISTRY_PASSWORD.');
  return { type: 'basic', username, password: given ?? (await deps.io.askSecret(`Password of ${username}: `)) } as const;
}
