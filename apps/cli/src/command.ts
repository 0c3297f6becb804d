import type { Command } from 'commander';
import type { Io } from './output/io.ts';

/** What every command gets. Nothing here is opened before a command asks for it. */
export interface CliDeps {
  readonly io: Io;
  readonly env: NodeJS.ProcessEnv;
  /** How the user called us, for the commands we suggest: `./slipway` or `slipway`. */
  readonly self: string;
  /** The checkout. */
  readonly root: string;
  readonly debug: boolean;
  /** Aborted by the first Ctrl-C; a second one ends the process. */
  readonly signal: AbortSignal;
}

/** A command module: adds its commands, with examples, to the program. */
export interface CommandModule {
  register(program: Command, deps: CliDeps): void;
}

/** One line of the help's overview; the module is loaded only when the command is used, so that help and completion start at once. */
export interface CommandEntry {
  readonly name: string;
  /** Other names that the command itself answers to. */
  readonly aliases?: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly group: 'This machine' | 'Clusters' | 'Objects' | 'Account' | 'Development';
  readonly load: () => Promise<CommandModule>;
}
