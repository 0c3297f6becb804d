import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** Text that is HTML already. Everything else is escaped when it is put into a page. */
export interface Html {
  readonly html: string;
}

type Part = string | number | Html | undefined | readonly Html[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string);

const textOf = (part: Part): string => {
  if (part === undefined) return '';
  if (typeof part !== 'object') return escaped(String(part));
  return 'html' in part ? part.html : part.map(({ html: text }) => text).join('');
};

/** @example markup`<p>${name}</p>` */
export const markup = (texts: TemplateStringsArray, ...parts: Part[]): Html => ({
  html: texts.map((text, index) => text + textOf(parts[index])).join(''),
});

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#c9ced6, #3d444f); --quiet: light-dark(#5b6472, #9aa3b0); --accent: light-dark(#1d5fd1, #7fb0ff); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; background: light-dark(#f4f6f9, #14171c); color: light-dark(#14181f, #e8ebf0); }
main { width: 100%; max-width: 26rem; padding: 2rem; border: 1px solid var(--line); border-radius: .75rem; background: light-dark(#fff, #1c2027); }
h1 { margin: 0 0 1rem; font-size: 1.35rem; }
p, dl { margin: 0 0 1rem; }
.quiet { color: var(--quiet); font-size: .9rem; }
.warning { padding: .75rem; border-left: .25rem solid light-dark(#b45309, #f0b354); background: light-dark(#fdf3e3, #2d2618); }
label { display: block; margin-bottom: .25rem; font-weight: 600; }
input { width: 100%; margin-bottom: 1rem; padding: .6rem; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .4rem; }
input.code { font: 600 1.4rem/1.4 ui-monospace, monospace; letter-spacing: .15em; text-transform: uppercase; }
button, a.button { display: block; width: 100%; margin-bottom: .75rem; padding: .65rem; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; border: 1px solid var(--accent); border-radius: .4rem; color: light-dark(#fff, #10131a); background: var(--accent); }
button.second, a.second { color: var(--accent); background: transparent; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
dt { color: var(--quiet); font-size: .9rem; } dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
hr { margin: 1.25rem 0; border: 0; border-top: 1px solid var(--line); }
`;

/** A source of a content security policy: this very text. */
export const sourceHash = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** The content security policy of a page of the hub: nothing but what it names, and in no other page's frame. */
export const pagePolicy = (...allowed: string[]): string =>
  ["default-src 'none'", ...allowed, "base-uri 'none'", "frame-ancestors 'none'"].join('; ');

/** No script at all, no other site's anything, forms to this hub only. */
const POLICY = pagePolicy(`style-src ${sourceHash(STYLE)}`, "form-action 'self'");

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** A place inside the hub the browser goes on to by itself. */
  readonly next?: string;
}

/** Sends a whole page. */
export function sendPage(reply: FastifyReply, { title, body, next }: Page, code = 200): FastifyReply {
  const refresh = next === undefined ? undefined : markup`<meta http-equiv="refresh" content="0; url=${next}">`;
  const page = markup`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Slipway</title>${refresh}<style>${{ html: STYLE }}</style></head>
<body><main><h1>${title}</h1>${body}</main></body>
</html>
`;
  return (
    reply
      .code(code)
      .header('content-security-policy', POLICY)
      // Under `no-referrer`, which other answers have, browsers hide the origin of forms, and forms could not be told from foreign ones.
      .header('referrer-policy', 'same-origin')
      .type('text/html; charset=utf-8')
      .send(page.html)
  );
}
