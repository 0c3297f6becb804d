import { randomBytes } from 'node:crypto';

/** Stands for the escape character of what this process itself paints, and cannot be guessed by whoever writes a name or a message. */
const ESCAPE = `\u0000${randomBytes(8).toString('hex')}`;

/** All but tab and newline; a carriage return overwrites a line. */
// oxlint-disable-next-line no-control-regex -- they are what it is about
const CONTROL = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu;
/** They make text read differently from what it is (CVE-2021-42574). */
const DIRECTION = /[\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

const written = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Marks control sequences of our own, which `shown` lets through. */
export const obeyed = (text: string): string => text.replaceAll('\u001B', ESCAPE);

/**
 * A text whose control characters are written out as in JSON, so that JSON and quoted YAML mean the same as before; only those marked by `obeyed` are what they are. For eyes, marks of
 * writing direction are written out too.
 */
export const shown = (text: string, forEyes = false): string =>
  text
    .split(ESCAPE)
    .map((part) => {
      const plain = part.replaceAll(CONTROL, written);
      return forEyes ? plain.replaceAll(DIRECTION, written) : plain;
    })
    .join('\u001B');
