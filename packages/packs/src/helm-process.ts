import { run, SlipwayError } from '@slipway/kit';

export interface HelmCommand {
  readonly binary: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** "installing release web in namespace web", for errors. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which helm is asked to stop; it marks the release failed then. */
  readonly timeoutMs?: number | undefined;
}

const EVERY_CODE = Array.from({ length: 256 }, (_, code) => code);

/** Runs helm and gives its stdout. Resolves or rejects only when the process is gone, so that the next helm never meets this one. */
export async function runHelm({ binary, args, env, doing, signal, timeoutMs }: HelmCommand): Promise<string> {
  const { code, stdout, stderr } = await run(binary, args, {
    env,
    as: `helm, ${doing}`,
    allow: EVERY_CODE,
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  if (code === 0) return stdout;
  throw new SlipwayError('Invalid', helmWords(stderr) || `helm ended with code ${code} while ${doing}.`, { retryable: true });
}

/** helm's own sentence: what follows "Error: ", without the warnings and log lines before it. */
function helmWords(stderr: string): string {
  const at = stderr.search(/^Error: /m);
  const words = at < 0 ? stderr : stderr.slice(at + 'Error: '.length);
  return words.trim().slice(0, 4000);
}
