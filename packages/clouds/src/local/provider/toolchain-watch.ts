import { type Logger, messageOf, seconds } from '@slipway/kit';
import type { ToolchainPort } from './scope.ts';

type VersionState =
  | { readonly state: 'ready' }
  | { readonly state: 'making'; readonly words: string }
  | { readonly state: 'failed'; readonly words: string };

/** A toolchain that failed is tried again after this long. */
const RETRY_MS = seconds(30);
/** Progress wakes waiting machines at most this often: every wake is a write to each machine's status. */
const PROGRESS_MS = seconds(2);

/** Starts the making of a version once, in the background, and says how far it is. `wake` is called when that changes. */
export function createToolchainWatch(toolchain: ToolchainPort, logger: Logger, wake: () => void, signal: AbortSignal) {
  const versions = new Map<string, VersionState>();

  function begin(version: string): VersionState {
    let told = 0;
    const making = (words: string) => {
      versions.set(version, { state: 'making', words });
      if (performance.now() - told < PROGRESS_MS) return;
      told = performance.now();
      wake();
    };
    const first: VersionState = { state: 'making', words: `Kubernetes ${version} is being prepared.` };
    versions.set(version, first);
    void make(version, making);
    return first;
  }

  async function make(version: string, onProgress: (words: string) => void): Promise<void> {
    try {
      await toolchain.ensureVersion(version, { onProgress, signal });
      versions.set(version, { state: 'ready' });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ version, error: messageOf(error) }, 'toolchain failed');
      versions.set(version, { state: 'failed', words: messageOf(error) });
      const timer = setTimeout(() => {
        versions.delete(version);
        wake();
      }, RETRY_MS);
      signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
    }
    wake();
  }

  return { look: (version: string): VersionState => versions.get(version) ?? begin(version) };
}

export type ToolchainWatch = ReturnType<typeof createToolchainWatch>;
