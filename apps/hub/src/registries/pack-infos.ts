import type { PackInfo } from '@slipway/model';
import { type createPackResolver, readPack } from '@slipway/packs';

type Resolver = ReturnType<typeof createPackResolver>;
type Ref = Parameters<Resolver['hold']>[0];

export type PackInfoOf = (ref: Ref) => Promise<PackInfo & { readonly signature?: object }>;

/** Infos that are kept: a chart with its schema and readme is some hundred kilobytes. */
const KEPT = 100;

/** What packs say about themselves, read once for each content. */
export function createPackInfos(resolver: Pick<Resolver, 'hold'>): PackInfoOf {
  const infos = new Map<string, Promise<PackInfo>>();
  return async (ref) => {
    const { digest, archive, signature } = await resolver.hold(ref);
    const known = infos.get(digest);
    const reading = known ?? readPack(archive);
    if (known === undefined) {
      infos.set(digest, reading);
      const [oldest] = infos.keys();
      if (infos.size > KEPT && oldest !== undefined) infos.delete(oldest);
      reading.catch(() => infos.delete(digest));
    }
    return { ...(await reading), ...(signature === undefined ? {} : { signature }) };
  };
}
