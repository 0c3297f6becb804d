import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomSuffix, sha256Hex, SlipwayError } from '@slipway/kit';

export interface ChartCache {
  /** Path of the chart archive with this digest (`sha256:…`): from the cache, or fetched and verified. */
  file(digest: string, signal: AbortSignal): Promise<string>;
}

/** Chart archives by digest in a directory that survives a restart of the agent's container, if not of its pod. */
export function createChartCache(directory: string, fetchBlob: (digest: string, signal: AbortSignal) => Promise<Buffer>): ChartCache {
  const verified = new Set<string>();
  return {
    async file(digest, signal) {
      const hex = digest.replace(/^sha256:/, '');
      if (!/^[0-9a-f]{64}$/.test(hex)) throw new SlipwayError('Invalid', `"${digest}" is no sha256 digest of a chart.`);
      const path = join(directory, `${hex}.tgz`);
      const kept = verified.has(hex)
        ? 'good'
        : await readFile(path).then(
            (data) => (sha256Hex(data) === hex ? 'good' : 'bad'),
            () => 'absent',
          );
      if (kept !== 'good') {
        const data = await fetchBlob(digest, signal);
        if (sha256Hex(data) !== hex) throw new SlipwayError('Unavailable', `The hub sent another chart than ${digest}.`);
        await mkdir(directory, { recursive: true });
        const draft = join(directory, `${hex}.${randomSuffix()}`);
        await writeFile(draft, data);
        await rename(draft, path).finally(() => rm(draft, { force: true }));
      }
      verified.add(hex);
      return path;
    },
  };
}
