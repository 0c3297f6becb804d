import { SlipwayError } from '@slipway/kit';
import type { MachineDriver } from '@slipway/machines';
import { type BootstrapData, shellQuote } from './cloud-config.ts';

/**
 * How far bootstrap is, as the machine itself records it. The state lives in the machine, so a provider that was killed and comes back finds out
 * what happened meanwhile:
 * - `none`: nothing was started; deliver again.
 * - `running`: the commands run inside, whether or not a provider watches.
 * - `interrupted`: they were started and are gone without a result (the machine or they were killed): the machine is spoilt.
 */
export type BootstrapState =
  | { readonly state: 'none' | 'running' | 'succeeded'; readonly detail: string }
  | { readonly state: 'failed' | 'interrupted'; readonly detail: string };

/** Where a machine keeps what it knows of its bootstrap. Paths that a shell takes as they are. */
export interface BootstrapPaths {
  /** Ours: markers, and the commands as a script. */
  readonly dir: string;
  /** Cluster API's contract: the commands leave it behind when they have succeeded. */
  readonly sentinel: string;
  readonly log: string;
}

const MACHINE_PATHS: BootstrapPaths = {
  dir: '/var/lib/slipway-bootstrap',
  sentinel: '/run/cluster-api/bootstrap-success.complete',
  log: '/var/log/slipway-bootstrap.log',
};
const DELIVER_TIMEOUT_MS = 60_000;
const PROBE_TIMEOUT_MS = 15_000;

export interface Bootstrap {
  /**
   * Puts files and commands into a machine and starts the commands there, detached: like a cloud VM, the machine boots on without us. One exec; a delivery
   * that was cut off anywhere before its last line has started nothing and is simply repeated. Starting twice is prevented by the directory `started`.
   */
  deliver(machine: string, data: BootstrapData, signal?: AbortSignal): Promise<void>;
  /** Asks the machine how far its bootstrap is. `detail` is the end of the log without tokens. */
  state(machine: string, signal?: AbortSignal): Promise<BootstrapState>;
}

export function createBootstrap(machines: Pick<MachineDriver, 'exec'>, paths: BootstrapPaths = MACHINE_PATHS): Bootstrap {
  return {
    async deliver(machine, data, signal) {
      const result = await machines.exec(machine, ['sh', '-s'], {
        stdin: deliveryScript(paths, data),
        timeoutMs: DELIVER_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      // stderr of the delivery names files, not contents.
      if (result.code !== 0)
        throw new SlipwayError('Internal', `Bootstrap data could not be put into machine ${machine}: ${result.stderr.trim().slice(-500)}`);
    },

    async state(machine, signal) {
      const result = await machines.exec(machine, ['sh', '-c', probeScript(paths)], {
        timeoutMs: PROBE_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
      });
      const [state = '', ...log] = result.stdout.trim().split('\n');
      const detail = sayWhy(log);
      switch (state) {
        case 'none':
        case 'running':
        case 'succeeded':
        case 'failed':
        case 'interrupted':
          return { state, detail };
        default:
          throw new SlipwayError(
            'Unavailable',
            `Machine ${machine} did not say how far its bootstrap is: ${result.stderr.trim().slice(-300)}`,
          );
      }
    },
  };
}

/** Commands of one bootstrap; the address of an exact line in `ps`, so that a reused PID is not taken for ours. */
const runFile = (paths: BootstrapPaths): string => `${paths.dir}/run.sh`;

function deliveryScript(paths: BootstrapPaths, data: BootstrapData): string {
  const { dir, sentinel, log } = paths;
  const lines = [
    'set -eu',
    'umask 077',
    `mkdir -p ${dir} "$(dirname ${sentinel})"`,
    // A delivery whose provider was killed goes on in here, and must not write its files over those of a bootstrap that the next one has started.
    `exec 9>${dir}/lock`,
    'flock 9',
    `[ ! -d ${dir}/started ] || exit 0`,
  ];
  for (const file of data.files) {
    const path = shellQuote(file.path);
    // Secrets are created private and opened up to their mode afterwards; directories are ordinary ones.
    lines.push(`(umask 022; mkdir -p "$(dirname ${path})")`);
    // Appending must be repeatable: the original is kept once and every delivery starts from it.
    const target = file.append ? `${path}.slipway-part` : path;
    lines.push(`base64 -d > ${target} <<'EOF'`, file.content.toString('base64').replace(/(.{76})/g, '$1\n'), 'EOF');
    if (file.append)
      lines.push(
        `[ -e ${path}.slipway-orig ] || { if [ -e ${path} ]; then cp -p ${path} ${path}.slipway-orig; else : > ${path}.slipway-orig; fi; }`,
        `cat ${path}.slipway-orig ${target} > ${path}; rm -f ${target}`,
      );
    lines.push(`chmod ${file.mode.toString(8)} ${path}`, `chown ${shellQuote(file.owner)} ${path}`);
  }
  lines.push(
    `base64 -d > ${runFile(paths)} <<'EOF'`,
    Buffer.from(runScript(paths, data.commands))
      .toString('base64')
      .replace(/(.{76})/g, '$1\n'),
    'EOF',
    // mkdir is the lock. A machine killed between it and the pid file reads as interrupted: spoilt, never run twice.
    `mkdir ${dir}/started || exit 0`,
    `setsid sh ${runFile(paths)} </dev/null >>${log} 2>&1 9>&- &`,
    `echo $! > ${dir}/pid`,
  );
  return `${lines.join('\n')}\n`;
}

/** As cloud-init does: one shell, no `-e`; whether it worked is said by the sentinel alone. */
const runScript = ({ dir, sentinel }: BootstrapPaths, commands: readonly string[]): string => `umask 022
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
(
${commands.join('\n')}
)
code=$?
if [ -e ${sentinel} ]; then mkdir -p ${dir}/succeeded; else echo $code > ${dir}/failed; fi
`;

const probeScript = (paths: BootstrapPaths): string => {
  const { dir, log } = paths;
  return `
if [ -d ${dir}/succeeded ]; then echo succeeded
elif [ -f ${dir}/failed ]; then echo failed
elif [ ! -d ${dir}/started ]; then echo none
elif [ ! -f ${dir}/pid ] && [ $(($(date +%s) - $(stat -c %Y ${dir}/started))) -lt 10 ]; then echo running
elif tr '\\0' ' ' < /proc/"$(cat ${dir}/pid 2>/dev/null || echo none)"/cmdline 2>/dev/null | grep -q '^sh ${runFile(paths)}'; then echo running
elif [ -d ${dir}/succeeded ]; then echo succeeded
elif [ -f ${dir}/failed ]; then echo failed
else echo interrupted; fi
tail -n 60 ${log} 2>/dev/null || true`;
};

/** The lines that say what went wrong, or the last few when none does. A condition is read by people. */
export function sayWhy(log: readonly string[]): string {
  // oxlint-disable-next-line no-control-regex -- kubeadm colours its checks
  const plain = log.map((line) => line.replace(/\u001B\[[\d;]*m/g, '').trim()).filter((line) => line !== '');
  const errors = plain.filter((line) => /\[ERROR |^error|\berror:|fatal/i.test(line) && !line.includes('Some fatal errors occurred'));
  return withoutTokens((errors.length > 0 ? errors.slice(0, 6) : plain.slice(-4)).join('\n')).slice(0, 1500);
}

/** kubeadm prints join commands: bootstrap tokens and certificate keys must not reach a condition. */
export const withoutTokens = (log: string): string =>
  log.replace(/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '***').replace(/(--certificate-key\s+)\S+/g, '$1***');
