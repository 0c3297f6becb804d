import type { Terminal } from '@xterm/xterm';

/**
 * Opens a terminal under a policy that refuses `<style>` elements and `style` attributes (`style-src 'self'`), which xterm draws with. While it opens, a `<style>` that it makes is
 * an inert element whose text goes into a style sheet made by script: that is the script's own act, as setting `element.style` is. See
 * docs/adr/terminal-under-a-strict-policy.md.
 */
export function openUnderPolicy(terminal: Terminal, inside: HTMLElement): { dispose(): void } {
  const made = new Set<CSSStyleSheet>();
  const real = document.createElement.bind(document);
  const place = (): HTMLElement => {
    const sheet = new CSSStyleSheet();
    made.add(sheet);
    document.adoptedStyleSheets.push(sheet);
    const inert = real('template');
    const write = (text: string): void => sheet.replaceSync(text);
    Object.defineProperty(inert, 'textContent', { get: () => '', set: write });
    return inert;
  };
  const createElement = (tag: string, options?: ElementCreationOptions): HTMLElement => (tag === 'style' ? place() : real(tag, options));
  try {
    // On this object only, and gone before anybody else's turn: opening is done in one go.
    Object.defineProperty(document, 'createElement', { value: createElement, configurable: true });
    terminal.open(inside);
  } finally {
    Reflect.deleteProperty(document, 'createElement');
  }
  allowColours(terminal);
  return {
    dispose() {
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !made.has(sheet));
    },
  };
}

/** What of a terminal's inside is reached for below. A name that another version calls otherwise is found by the test that looks for refused styles. */
interface Inside {
  readonly _core?: {
    readonly _renderService?: {
      readonly _renderer?: { readonly value?: { readonly _rowFactory?: { _addStyle?: (element: HTMLElement, style: string) => void } } };
    };
  };
}

/** Colours that are no class (24 bits, and those made readable) are put on as a `style` attribute; by script they are allowed. */
function allowColours(terminal: Terminal): void {
  const rows = (terminal as unknown as Inside)._core?._renderService?._renderer?.value?._rowFactory;
  if (rows !== undefined) rows._addStyle = (element, style) => (element.style.cssText += `${style};`);
}
