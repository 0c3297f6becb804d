import type { Progress } from '@slipway/forge';

/** One line about many pieces: how many are there, and what the running ones do. */
export function createToolchainProgress(total: number, update: (detail: string) => void): (progress: Progress) => void {
  const done = new Set<string>();
  const running = new Map<string, string>();
  return (progress) => {
    running.delete(progress.piece);
    if (progress.state === 'done' || progress.state === 'cached') done.add(progress.piece);
    else if (progress.state === 'running') running.set(progress.piece, progress.detail);
    const now = [...running].map(([piece, detail]) => `${piece}: ${detail}`).join('; ');
    // Pieces that others need are made besides the named ones.
    update(`${Math.min(done.size, total)} of ${Math.max(total, done.size)} pieces${now ? `; ${now}` : ''}`);
  };
}
