import { collectionPath } from '@slipway/api/browser';
import { Boxes, type LucideIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { KINDS, type KindName } from '../hub/kinds.ts';
import { transport } from '../hub/session.ts';
import { kindWords, WITHOUT_PAGE } from '../pages/kinds/kind-words.ts';
import { objectHref } from '../pages/kinds/object-place.ts';
import { KIND_PLACES } from '../paths.ts';

export interface FoundObject {
  readonly href: string;
  readonly name: string;
  readonly detail: string;
  readonly icon: LucideIcon;
}

interface MetadataList {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[];
  readonly metadata: { readonly continue?: string };
}

/** Of a kind; beyond that its own list, with its filters, is the better place to look. */
const MOST_OF_A_KIND = 10_000;
const PAGE = 1000;
const AT_ONCE = 3;
const KEPT_MS = 30_000;
const NAMES_ALONE = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

const SEARCHED = (Object.keys(KINDS) as KindName[]).filter((kind) => kind !== 'useritems' && !WITHOUT_PAGE.has(kind));

async function namesOf(plural: KindName, signal: AbortSignal): Promise<FoundObject[]> {
  const found: FoundObject[] = [];
  const icon = KIND_PLACES.find(({ kinds }) => kinds.includes(plural))?.icon ?? Boxes;
  let more: string | undefined;
  do {
    const query = { limit: String(PAGE), continue: more };
    const page = JSON.parse(
      await transport.text(collectionPath(KINDS[plural], undefined), { headers: { accept: NAMES_ALONE }, query, signal }),
    ) as MetadataList;
    for (const { metadata } of page.items) {
      const href = objectHref(plural, metadata);
      const where = metadata.namespace === undefined ? '' : ` in ${metadata.namespace}`;
      if (href !== undefined) found.push({ href, name: metadata.name, detail: `${kindWords(plural)}${where}`, icon });
    }
    more = page.metadata.continue || undefined;
  } while (more !== undefined && found.length < MOST_OF_A_KIND);
  return found;
}

const kept = new Map<KindName, { readonly at: number; readonly found: readonly FoundObject[] }>();

const allKept = (): FoundObject[] => SEARCHED.flatMap((plural) => kept.get(plural)?.found ?? []);

/** The objects of every kind that may be seen, by name; asked for once somebody has typed something. */
export function useAllObjects(wanted: boolean): { readonly found: readonly FoundObject[]; readonly searching: boolean } {
  const [found, setFound] = useState<readonly FoundObject[]>(allKept);
  const [searching, setSearching] = useState(false);
  useEffect(() => {
    if (!wanted) return;
    const left = new AbortController();
    const waiting = SEARCHED.filter((plural) => Date.now() - (kept.get(plural)?.at ?? 0) > KEPT_MS);
    const work = async (): Promise<void> => {
      for (let plural = waiting.shift(); plural !== undefined; plural = waiting.shift()) {
        try {
          kept.set(plural, { at: Date.now(), found: await namesOf(plural, left.signal) });
        } catch {
          // What may not be listed is not found; a hub that is away is told by the page.
          if (left.signal.aborted) return;
          kept.set(plural, { at: Date.now(), found: [] });
        }
        if (!left.signal.aborted) setFound(allKept());
      }
    };
    setSearching(waiting.length > 0);
    void Promise.all(Array.from({ length: AT_ONCE }, work)).then(() => !left.signal.aborted && setSearching(false));
    return () => left.abort();
  }, [wanted]);
  return { found, searching };
}
