import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Terminal } from '@xterm/xterm';
import { onThemeChange, terminalTheme } from './terminal-theme.ts';
import { openUnderPolicy } from './xterm-styles.ts';

const SCROLLBACK = 10_000;
/** Output that a slow machine has not drawn yet; what is more is let go rather than held for ever. */
const MOST_PENDING = 16_000_000;

export interface TerminalEvents {
  onType(text: string): void;
  onSize(columns: number, rows: number): void;
  /** The key that leaves it. */
  onLeave(): void;
}

export interface TerminalScreen {
  write(data: Uint8Array | string): void;
  fit(): void;
  focus(): void;
  find(text: string, back: boolean): boolean;
  /** What is selected, or everything there is. */
  text(): string;
  clear(): void;
  readAloud(on: boolean): void;
  dispose(): void;
}

/** Ctrl ⇧ L: no browser and no shell wants it. */
const leaves = (event: KeyboardEvent): boolean => event.ctrlKey && event.shiftKey && event.code === 'KeyL';

export function createTerminal(inside: HTMLElement, events: TerminalEvents): TerminalScreen {
  const terminal = new Terminal({
    scrollback: SCROLLBACK,
    fontFamily: getComputedStyle(inside).getPropertyValue('--mono'),
    fontSize: 13,
    minimumContrastRatio: 4.5,
    theme: terminalTheme(inside),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  const styles = openUnderPolicy(terminal, inside);
  terminal.attachCustomKeyEventHandler((event) => {
    if (!leaves(event)) return true;
    if (event.type === 'keydown') events.onLeave();
    event.preventDefault();
    return false;
  });
  // What is typed here is the shell's: Ctrl K cuts a line and opens no palette.
  const keep = (event: Event): void => event.stopPropagation();
  inside.addEventListener('keydown', keep);
  terminal.onData((text) => events.onType(text));
  terminal.onResize(({ cols, rows }) => events.onSize(cols, rows));
  const stopTheme = onThemeChange(() => (terminal.options.theme = terminalTheme(inside)));
  const refit = (): void => {
    if (inside.clientHeight > 0) fit.fit();
  };
  const sizes = new ResizeObserver(refit);
  sizes.observe(inside);
  let pending = 0;
  return {
    write(data) {
      if (pending > MOST_PENDING) return;
      pending += data.length;
      terminal.write(data, () => (pending -= data.length));
    },
    fit: refit,
    focus: () => terminal.focus(),
    find: (text, back) => (back ? search.findPrevious(text) : search.findNext(text)),
    text: () => (terminal.hasSelection() ? terminal.getSelection() : everything(terminal)),
    clear: () => terminal.clear(),
    readAloud: (on) => (terminal.options.screenReaderMode = on),
    dispose() {
      sizes.disconnect();
      stopTheme();
      inside.removeEventListener('keydown', keep);
      terminal.dispose();
      styles.dispose();
    },
  };
}

function everything({ buffer: { active } }: Terminal): string {
  const lines: string[] = [];
  for (let index = 0; index < active.length; index += 1) {
    const line = active.getLine(index);
    const text = line?.translateToString(true) ?? '';
    if (line?.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
    else lines.push(text);
  }
  return `${lines.join('\n').trimEnd()}\n`;
}
