/** Characters of one warning, and of all of them: what clients take as headers is limited to some kilobytes, for Node to 16. */
const LONGEST = 1000;
const ALTOGETHER = 8000;

/** `Warning` headers as Kubernetes writes them, in UTF-8. Texts may come from packs and registries: no line breaks, no other control characters, and no more than fits. */
export function warningHeaders(texts: readonly string[]): string[] {
  const headers: string[] = [];
  let left = ALTOGETHER;
  for (const [index, text] of texts.entries()) {
    const header = `299 - ${quoted(shortened(text.replace(/[\p{Cc}\s]+/gu, ' ').trim()))}`;
    left -= header.length;
    if (left < 0) return [...headers, `299 - "and ${texts.length - index} more"`];
    headers.push(header);
  }
  return headers;
}

const shortened = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 3)}...`);

/** Node writes each character of a header as one byte. */
const quoted = (text: string): string => Buffer.from(`"${text.replace(/["\\]/g, String.raw`\$&`)}"`, 'utf8').toString('latin1');

/** The texts of `Warning` headers, as {@link warningHeaders} and any other server of Kubernetes writes them; several may be in one line. Of browsers too, so without Node's own. */
export const warningTexts = (headers: readonly string[]): string[] =>
  headers.flatMap((header) =>
    [...utf8(header).matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')),
  );

const utf8 = (bytes: string): string => new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
