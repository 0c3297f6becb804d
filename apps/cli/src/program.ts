import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import type { CliDeps, CommandEntry } from './command.ts';
import { entries } from './entries.ts';
import { EXIT, exitCodeOf, type ExitCode, UsageError } from './exit.ts';
import { verbFirst } from './grammar.ts';
import { printError } from './output/errors.ts';
import { examplesFirst } from './output/help.ts';
import { createIo, type Io } from './output/io.ts';
import { needsSources } from './single-file.ts';

/** The part of `process` the CLI touches. */
export type CliProcess = Pick<NodeJS.Process, 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'>;

const GLOBAL_FLAGS = ['--debug', '--no-input'] as const;

/** Takes the flags that every command has out of the arguments, wherever they stand. */
export function takeGlobalFlags(argv: readonly string[]): { rest: string[]; debug: boolean; noInput: boolean } {
  const end = argv.indexOf('--');
  const own = end === -1 ? argv : argv.slice(0, end);
  const isGlobal = (argument: string) => (GLOBAL_FLAGS as readonly string[]).includes(argument);
  return {
    rest: [...own.filter((argument) => !isGlobal(argument)), ...(end === -1 ? [] : argv.slice(end))],
    debug: own.includes('--debug'),
    noInput: own.includes('--no-input'),
  };
}

/** `./slipway` when it was called by a path below the current directory, else `slipway`. */
function selfName(env: NodeJS.ProcessEnv): string {
  const called = env['SLIPWAY_COMMAND'];
  return called?.includes('/') ? called : 'slipway';
}

function overview(self: string): string {
  const groups = new Map<string, CommandEntry[]>();
  for (const entry of entries.filter(({ group }) => !needsSources(group)))
    groups.set(entry.group, [...(groups.get(entry.group) ?? []), entry]);
  const width = Math.max(...entries.map((entry) => entry.usage.length)) + 2;
  const lines = [...groups].flatMap(([group, members]) => [
    '',
    `${group}:`,
    ...members.map((entry) => `  ${entry.usage.padEnd(width)}${entry.summary}`),
  ]);
  return [
    'Slipway builds Kubernetes clusters from profiles and keeps them as declared.',
    '',
    'Examples:',
    ...(needsSources('This machine')
      ? []
      : [`  ${self} up                                    # everything on this machine, and the first cluster`]),
    `  ${self} get clusters -w                       # what there is, as it changes`,
    `  ${self} plan -f cluster.yaml                  # what a change would do, before it is done`,
    `  ${self} upgrade cluster dev --profile starter@1.1.0`,
    ...lines,
    '',
    `Every command: --help (with examples), --debug (details of errors), --no-input (never ask). Exit codes: docs/exit-codes.md.`,
  ].join('\n');
}

async function buildProgram(argv: readonly string[], deps: CliDeps): Promise<Command> {
  const program = new Command('slipway');
  program.exitOverride().showSuggestionAfterError().showHelpAfterError(`(${deps.self} --help lists all commands)`).helpCommand(false);
  program.configureOutput({ writeOut: (text) => deps.io.data(text), writeErr: (text) => deps.io.say(text.trimEnd()) });
  program.helpInformation = () => `${overview(deps.self)}\n`;
  const words = argv.filter((argument) => !argument.startsWith('-'));
  const wanted = words[0] === 'help' ? words[1] : words[0];
  for (const entry of entries) {
    const asked = entry.name === wanted || entry.aliases?.includes(wanted ?? '');
    if (asked && needsSources(entry.group))
      throw new UsageError(`"${entry.name}" is not in the command line alone.`, "Run ./slipway in a checkout of Slipway's sources.");
    if (asked) (await entry.load()).register(program, deps);
    else program.command(entry.name).description(entry.summary);
  }
  return program;
}

const subcommandsOf = (program: Command, name: string): string[] =>
  (program.commands.find((command) => command.name() === name)?.commands ?? []).map((command) => command.name());

function applyExitOverride(command: Command): void {
  command.exitOverride().showSuggestionAfterError();
  for (const child of command.commands) applyExitOverride(child);
}

/** The exit code of commander's own endings: help is a success, anything else was a wrong argument. */
function commanderExit(error: CommanderError): ExitCode {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.help' || error.code === 'commander.version'
    ? EXIT.ok
    : EXIT.usage;
}

function onInterrupt(proc: CliProcess, io: Io): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) proc.exit(EXIT.interrupted);
    io.control('\n');
    controller.abort(new Error('interrupted'));
  };
  proc.on('SIGINT', interrupt);
  proc.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      proc.off('SIGINT', interrupt);
      proc.off('SIGTERM', interrupt);
    },
  };
}

/** Runs one command line and gives its exit code. Never throws. */
export async function runCli(argv: readonly string[], proc: CliProcess): Promise<ExitCode> {
  const { rest, debug, noInput } = takeGlobalFlags(argv);
  const io = createIo({ stdin: proc.stdin, stdout: proc.stdout, stderr: proc.stderr, env: proc.env, noInput });
  // A reader that went away (`slipway get … | head -1`) is a normal end.
  proc.stdout.on('error', (error: NodeJS.ErrnoException) => proc.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.failed));
  const root = proc.env['SLIPWAY_ROOT'] ?? resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
  const interrupted = onInterrupt(proc, io);
  const deps: CliDeps = { io, env: proc.env, self: selfName(proc.env), root, debug, signal: interrupted.signal };
  try {
    if (rest.length === 0) {
      io.data(overview(deps.self));
      return EXIT.ok;
    }
    const said = rest[0] === 'help' ? [...rest.slice(1), '--help'] : rest[0] === '--version' || rest[0] === '-V' ? ['version'] : rest;
    const args = await verbFirst(said, async (name) => subcommandsOf(await buildProgram([name], deps), name));
    const program = await buildProgram(args, deps);
    applyExitOverride(program);
    examplesFirst(program);
    await program.parseAsync(args, { from: 'user' });
    // A watch ends in order when it is interrupted; its caller should still see that it was.
    return interrupted.signal.aborted ? EXIT.interrupted : EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExit(error);
    if (interrupted.signal.aborted && !(error instanceof Error && error.name === 'Detached')) {
      io.say('Interrupted.');
      return EXIT.interrupted;
    }
    printError(io, error, debug);
    return exitCodeOf(error);
  } finally {
    interrupted.dispose();
  }
}
