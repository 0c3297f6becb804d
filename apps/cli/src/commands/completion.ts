import type { Command } from 'commander';
import type { CliDeps } from '../command.ts';
import { UsageError } from '../exit.ts';

export function register(program: Command, deps: CliDeps): void {
  program
    .command('completion')
    .description('Shell completion, with the live names of objects.')
    .argument('<shell>', 'bash, zsh or fish')
    .argument('[words...]')
    .addHelpText(
      'after',
      '\nExamples:\n  source <(slipway completion bash)\n  slipway completion fish > ~/.config/fish/completions/slipway.fish',
    )
    .action(async (shell: string, words: string[]) => {
      if (shell === 'words') {
        const { complete } = await import('../output/completion.ts');
        return deps.io.data((await complete(deps, words)).join('\n'));
      }
      const { completionScript } = await import('../output/completion-scripts.ts');
      const script = completionScript(shell);
      if (script === undefined) throw new UsageError(`there is no completion for "${shell}"`, 'Shells: bash, zsh, fish.');
      deps.io.data(script);
    });
}
