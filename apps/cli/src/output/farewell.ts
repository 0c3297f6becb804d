import type { CliDeps } from '../command.ts';
import { contextsPath } from '../config/contexts.ts';
import type { UpResult } from '../plane/up.ts';

/** The end of `up`: how to log in, the kubeconfig command, three things to try. */
export function farewell(deps: Pick<CliDeps, 'io' | 'self' | 'env'>, result: UpResult): void {
  const { io, self } = deps;
  const lines = [
    '',
    io.paint('bold', 'Slipway is up.'),
    `  Hub:      ${result.context.server} (context "${result.context.name}", saved in ${contextsPath(deps.env)})`,
  ];
  if (result.firstLink !== undefined)
    lines.push(`  Console:  ${result.firstLink}`, '            Opens once: choose the password of admin there, and it leads on.');
  else lines.push(`  Console:  ${result.context.server}/console/`);
  if (result.newToken)
    lines.push(`  Log in elsewhere with this administrator token; it is shown only now:`, `            ${result.newToken}`);
  if (result.cluster === 'none') lines.push(`  Next:     ${self} create cluster dev --wait`);
  else if (result.cluster === 'deleted-before')
    lines.push(`  Cluster:  dev was deleted and is not made again; ${self} create cluster dev --wait`);
  else {
    lines.push(
      `  kubectl:  ${self} kubeconfig dev --merge      (or: ${self} kubectl --cluster dev -- get nodes)`,
      '',
      '  Three things to try:',
      `    ${self} get machines                                          the machines of your cluster`,
      `    ${self} scale pool workers 2 --wait                           one more worker`,
      `    ${self} upgrade cluster dev --profile starter@1.1.0 --wait    the next Kubernetes minor version, after showing the plan`,
    );
  }
  if (result.background) lines.push('', `  The second Kubernetes version is being made in the background: ${self} status`);
  for (const line of lines) io.say(line);
}
