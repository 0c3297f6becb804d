import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logger, silentLogger, SlipwayError } from '@slipway/kit';
import { z } from 'zod';
import { runHelm } from './helm-process.ts';

const releaseSchema = z.object({
  name: z.string(),
  namespace: z.string(),
  version: z.number().int(),
  manifest: z.string().default(''),
  info: z.object({ status: z.string(), description: z.string().default('') }),
});

const historySchema = z.array(
  z.object({
    revision: z.number().int(),
    status: z.string(),
    chart: z.string().default(''),
    description: z.string().default(''),
    updated: z.string().default(''),
  }),
);
export type HelmRevision = z.infer<typeof historySchema>[number];

export interface HelmRelease {
  readonly revision: number;
  /** `deployed`, `failed`, `pending-install`, … */
  readonly status: string;
  readonly description: string;
  /** The rendered objects as YAML documents, hooks not among them. */
  readonly manifest: string;
}

export interface ReleaseName {
  readonly release: string;
  readonly namespace: string;
  readonly signal?: AbortSignal | undefined;
}

export interface UpgradeInstall extends ReleaseName {
  /** Path of a chart archive or folder. */
  readonly chartFile: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** For hooks, and for helm as a whole. */
  readonly timeoutMs: number;
  /** Wait until helm finds everything ready; default false. */
  readonly wait?: boolean;
}

export interface HelmOptions {
  readonly binary: string;
  /** Values pass through files here (mode 0600, removed afterwards), and helm keeps its caches here. */
  readonly workDir: string;
  /** Path; without it helm uses the service account of its pod. */
  readonly kubeconfig?: string;
  /**
   * Removes records of helm runs that were killed half-way; a KubeClient fits. Without it such a release stays locked ("another operation is in
   * progress") and upgradeInstall fails.
   */
  readonly kube?: {
    delete(ref: { apiVersion: string; kind: string; namespace: string; name: string }): Promise<void>;
  };
  readonly logger?: Logger;
}

/** The helm program behind a port. One run per release at a time; errors are `Invalid` with helm's own words. */
export interface Helm {
  upgradeInstall(input: UpgradeInstall): Promise<{ revision: number; manifest: string }>;
  /** A release that is not there is no error. Objects the chart marked to be kept stay. */
  uninstall(input: ReleaseName & { timeoutMs?: number }): Promise<void>;
  status(input: ReleaseName): Promise<HelmRelease | undefined>;
  getManifest(input: ReleaseName): Promise<string | undefined>;
  /** Oldest first; empty when there is no such release. */
  history(input: ReleaseName): Promise<HelmRevision[]>;
  /** The objects the chart would make, without a cluster. */
  template(
    input: Pick<UpgradeInstall, 'release' | 'namespace' | 'chartFile' | 'values' | 'signal'> & { kubeVersion?: string },
  ): Promise<string>;
}

const PENDING = /^pending-(install|upgrade|rollback)$/;

/** @example createHelm({ binary: '/usr/bin/helm', workDir: '/tmp/helm', kubeconfig }).upgradeInstall({ release: 'web', namespace: 'web', chartFile, values: {}, timeoutMs: 60_000 }) */
export function createHelm(options: HelmOptions): Helm {
  const logger = options.logger ?? silentLogger;
  const running = new Map<string, Promise<unknown>>();

  const exec = (args: readonly string[], doing: string, extra: { signal?: AbortSignal | undefined; timeoutMs?: number } = {}) =>
    runHelm({ binary: options.binary, args, env: environment(options), doing, ...extra });

  /** Runs one helm at a time per release; the next waits even for a failed or aborted one. */
  const serial = async <T>({ release, namespace }: ReleaseName, work: () => Promise<T>): Promise<T> => {
    const key = `${namespace}/${release}`;
    const before = running.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    const settled = mine.catch(() => undefined);
    running.set(key, settled);
    void settled.then(() => running.get(key) === settled && running.delete(key));
    return mine;
  };

  const status = async ({ release, namespace, signal }: ReleaseName): Promise<HelmRelease | undefined> => {
    const out = await absent(() => exec(['status', release, '-n', namespace, '-o', 'json'], `asking for release ${release}`, { signal }));
    if (out === undefined) return undefined;
    const parsed = parseJson(out, releaseSchema);
    return { revision: parsed.version, status: parsed.info.status, description: parsed.info.description, manifest: parsed.manifest };
  };

  /**
   * A helm that was killed leaves its revision `pending-…`, which locks the release. Only that record goes, no object of the chart: an upgrade then
   * starts from the revision before, and a first install takes over what is there already, since it carries this release's name.
   */
  const unlock = async (input: ReleaseName): Promise<void> => {
    const found = await status(input);
    if (!found || !PENDING.test(found.status) || !options.kube) return;
    logger.warn(
      { release: input.release, namespace: input.namespace, revision: found.revision, status: found.status },
      'helm was killed half-way; its record is removed',
    );
    await options.kube.delete({
      apiVersion: 'v1',
      kind: 'Secret',
      namespace: input.namespace,
      name: `sh.helm.release.v1.${input.release}.v${found.revision}`,
    });
  };

  const withValues = async <T>(values: Readonly<Record<string, unknown>>, work: (file: string) => Promise<T>): Promise<T> => {
    await mkdir(options.workDir, { recursive: true });
    const dir = await mkdtemp(join(options.workDir, 'values-'));
    try {
      const file = join(dir, 'values.json');
      // JSON is YAML: nothing in a value can be read as syntax.
      await writeFile(file, JSON.stringify(values), { mode: 0o600 });
      return await work(file);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };

  return {
    upgradeInstall: (input) =>
      serial(input, async () => {
        await unlock(input);
        const seconds = Math.max(1, Math.ceil(input.timeoutMs / 1000));
        const args = ['upgrade', input.release, input.chartFile, '--install', '-n', input.namespace, '--create-namespace', '-o', 'json'];
        args.push('--history-max', '5', '--timeout', `${seconds}s`, '--reset-values', ...(input.wait ? ['--wait'] : []));
        const out = await withValues(input.values, (file) =>
          exec([...args, '-f', file], `installing release ${input.release} in namespace ${input.namespace}`, {
            signal: input.signal,
            // helm's own timeout is per step; this one bounds the whole.
            timeoutMs: seconds * 1000 + 30_000,
          }),
        );
        const release = parseJson(out, releaseSchema);
        return { revision: release.version, manifest: release.manifest };
      }),
    uninstall: (input) =>
      serial(input, async () => {
        const timeoutMs = input.timeoutMs ?? 300_000;
        await absent(() =>
          exec(
            ['uninstall', input.release, '-n', input.namespace, '--timeout', `${Math.ceil(timeoutMs / 1000)}s`],
            `removing release ${input.release}`,
            {
              signal: input.signal,
              timeoutMs: timeoutMs + 30_000,
            },
          ),
        );
      }),
    status,
    getManifest: ({ release, namespace, signal }) =>
      absent(() => exec(['get', 'manifest', release, '-n', namespace], `reading release ${release}`, { signal })),
    history: async ({ release, namespace, signal }) => {
      const out = await absent(() => exec(['history', release, '-n', namespace, '-o', 'json'], `reading release ${release}`, { signal }));
      return out === undefined ? [] : parseJson(out, historySchema);
    },
    template: (input) =>
      withValues(input.values, (file) =>
        exec(
          [
            'template',
            input.release,
            input.chartFile,
            '-n',
            input.namespace,
            '-f',
            file,
            ...(input.kubeVersion ? ['--kube-version', input.kubeVersion] : []),
          ],
          `rendering ${input.release}`,
          { signal: input.signal },
        ),
      ),
  };
}

/** undefined when helm says that there is no such release. */
async function absent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SlipwayError && /release: not found|has no deployed releases|^release .* not found/i.test(error.message))
      return undefined;
    throw error;
  }
}

/** Only what helm needs: neither plugins nor repositories of whoever started us. */
function environment(options: HelmOptions): NodeJS.ProcessEnv {
  const kept = Object.fromEntries(
    ['PATH', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT', 'SSL_CERT_FILE', 'TMPDIR'].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
  return {
    ...kept,
    HOME: options.workDir,
    HELM_CACHE_HOME: join(options.workDir, 'cache'),
    HELM_CONFIG_HOME: join(options.workDir, 'config'),
    HELM_DATA_HOME: join(options.workDir, 'data'),
    ...(options.kubeconfig === undefined ? {} : { KUBECONFIG: options.kubeconfig }),
  };
}

function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  // Warnings of plugins and of the API server may stand before it.
  const start = text.search(/^[[{]/m);
  try {
    return schema.parse(JSON.parse(start < 0 ? text : text.slice(start)));
  } catch (error) {
    throw new SlipwayError('Internal', 'helm gave an answer that cannot be read.', { cause: error, detail: text.slice(0, 300) });
  }
}
