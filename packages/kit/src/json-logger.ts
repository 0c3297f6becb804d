import type { Logger } from './logger.ts';

/** Errors as their words: a stack belongs to bugs, which the process dies of. */
const plain = (_key: string, value: unknown): unknown => (value instanceof Error ? { message: value.message, name: value.name } : value);

/** One JSON object per line on stdout. For programs in clusters: a whole logging library would be a tenth of their memory. */
export function createJsonLogger(
  level: 'debug' | 'info',
  fields: object = {},
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger {
  const log = (name: string) => (more: object, message: string) =>
    write(`${JSON.stringify({ time: new Date().toISOString(), level: name, ...fields, ...more, message }, plain)}\n`);
  return {
    debug: level === 'debug' ? log('debug') : () => undefined,
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    child: (more) => createJsonLogger(level, { ...fields, ...more }, write),
  };
}
