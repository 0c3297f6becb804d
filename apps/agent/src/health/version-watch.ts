import { seconds } from '@slipway/kit';
import type { KubeClient } from '@slipway/kube';
import type { NodeFact } from './node-fact.ts';

/** A look that found nobody is repeated after this long: the API server that answered so far may just have been replaced. */
const RETRY_MS = seconds(1);
/** And once in a while, for changes that no node shows. */
const RESYNC_MS = seconds(60);

export interface VersionWatch {
  /** `v1.36.3`; empty until the API server has said it. */
  current(): string;
  /** Nodes of a version come and go as control planes are replaced: each such change is a reason to ask again. */
  nodesAre(nodes: readonly NodeFact[]): void;
  start(signal: AbortSignal): void;
}

/** Knows the API server's version, a moment after it changes. */
export function createVersionWatch(kube: Pick<KubeClient, 'request'>, onChange: () => void): VersionWatch {
  let known = '';
  let kubelets = '';
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  async function look(): Promise<void> {
    const found = await kube.request<{ gitVersion: string }>('/version', { timeoutMs: seconds(5) }).catch(() => undefined);
    lookAfter(found === undefined ? RETRY_MS : RESYNC_MS);
    if (found === undefined || found.gitVersion === known || stopped) return;
    known = found.gitVersion;
    onChange();
  }

  function lookAfter(ms: number): void {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void look(), ms);
  }

  return {
    current: () => known,
    nodesAre(nodes) {
      const now = nodes.map((node) => `${node.name} ${node.kubeletVersion}`).join('\n');
      if (now === kubelets) return;
      kubelets = now;
      lookAfter(0);
    },
    start(signal) {
      stopped = false;
      signal.addEventListener('abort', () => ((stopped = true), clearTimeout(timer)), { once: true });
      lookAfter(0);
    },
  };
}
