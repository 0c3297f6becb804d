import type { AcceptedPack } from '@slipway/link';
import { createAcceptances, packKinds } from '@slipway/model';
import { changed } from '@slipway/runtime';

type Deps = Parameters<typeof changed>[0] & {
  /** What is remembered of packs in memory is no longer so. */
  readonly forget: () => void;
};

/** Notices in every replica that content of a pack was accepted, whichever of them took it: first nothing of it is remembered any more, then whoever listens is told. */
export function watchAcceptances(deps: Deps) {
  const listeners = new Set<(pack: AcceptedPack) => void>();
  const accepted = createAcceptances();
  return {
    onAccepted(callback: (pack: AcceptedPack) => void, signal: AbortSignal): void {
      listeners.add(callback);
      signal.addEventListener('abort', () => listeners.delete(callback), { once: true });
    },
    async run(signal: AbortSignal): Promise<void> {
      const sources = packKinds.all.map(({ kind }) =>
        changed(deps, kind, (pack, tenant) => {
          if (!accepted.isNews(pack)) return [];
          deps.forget();
          const { registry, name } = pack.spec as AcceptedPack;
          for (const tell of listeners) tell({ tenant, project: pack.metadata.namespace, registry, name });
          return [];
        }),
      );
      await Promise.all(sources.map((source) => source.run(() => undefined, signal)));
    },
  };
}
