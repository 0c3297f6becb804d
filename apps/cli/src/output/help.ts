import type { EventEmitter } from 'node:events';
import type { Command } from 'commander';

interface HelpContext {
  readonly error: boolean;
  readonly command: Command;
  readonly write: (text: string) => void;
}

/**
 * Help opens with examples: what a command adds after its help is moved before it, for all its subcommands too. A subcommand without examples of its own has those of its
 * parent that call it.
 */
export function examplesFirst(command: Command, ofParent = ''): void {
  const own = writtenAfter(command);
  const calls = new RegExp(`\\s${command.parent?.name() ?? ''} ${command.name()}(\\s|$)`);
  const borrowed = ofParent.split('\n').filter((line) => calls.test(line));
  const text = own === '' && borrowed.length > 0 ? ['Examples:', ...borrowed].join('\n') : own;
  if (text !== '') command.addHelpText('before', `${text}\n`);
  for (const child of command.commands) examplesFirst(child, text);
}

/** What a command would say after its help, which it then no longer does. */
function writtenAfter(command: Command): string {
  let text = '';
  // A command is an emitter, which its types do not say; listeners of this event are how it keeps the text.
  const emitter = command as unknown as EventEmitter;
  const written = emitter.listeners('afterHelp') as ((context: HelpContext) => void)[];
  for (const write of written) write({ error: false, command, write: (part) => (text += part) });
  emitter.removeAllListeners('afterHelp');
  return text.trim();
}
