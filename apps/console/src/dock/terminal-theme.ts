import type { ITheme } from '@xterm/xterm';

/** The tokens as the page has them now; xterm wants colours, not names of them. */
export function terminalTheme(inside: HTMLElement): ITheme {
  const probe = document.createElement('span');
  inside.append(probe);
  const colour = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const theme: ITheme = {
    background: colour('--sunken'),
    foreground: colour('--text'),
    cursor: colour('--accent'),
    cursorAccent: colour('--sunken'),
    selectionBackground: colour('--accent-soft'),
    scrollbarSliderBackground: colour('--line'),
    scrollbarSliderHoverBackground: colour('--line-strong'),
    scrollbarSliderActiveBackground: colour('--line-strong'),
  };
  probe.remove();
  return theme;
}

/** Calls back whenever light becomes dark or the other way round. */
export function onThemeChange(then: () => void): () => void {
  const chosen = new MutationObserver(then);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', then);
  return () => {
    chosen.disconnect();
    system.removeEventListener('change', then);
  };
}
