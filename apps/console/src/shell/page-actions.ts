import { MousePointerClick, Rows3 } from 'lucide-react';
import type { Entry } from './palette-entry.ts';

/** What a page offers beside its lists: at its head, its tabs, at the head of a part, below a form. */
const OFFERED = ['.page-head', '.tabs', '.panel-head', '.form-foot', '[role="toolbar"]', '.row'];
// A link in a line of text is no action; one that looks like a button is.
const OF_PAGE = ['main .tabs a[href]', ...OFFERED.flatMap((place) => [`main ${place} button`, `main ${place} a.button[href]`])].join(', ');
const ROW = 'tr, [role="row"]';

/** What the page can do now, as it shows it: no page has to tell of it twice, and none can forget. What is done with the row where the keyboard is comes first. */
export function pageActions(): Entry[] {
  const row = document.activeElement?.closest(`main :is(${ROW})`);
  const name = row?.querySelector('a')?.textContent?.trim() ?? '';
  const ofRow = row === null || row === undefined ? [] : [...row.querySelectorAll<HTMLElement>('button, a[href]')];
  const ofPage = [...document.querySelectorAll<HTMLElement>(OF_PAGE)].filter((element) => element.closest(ROW) === null);
  const seen = new Set<string>();
  return [...ofRow.map((element) => ({ element, row: true })), ...ofPage.map((element) => ({ element, row: false }))].flatMap(
    ({ element, row: inRow }): Entry[] => {
      const title = nameOf(element);
      if (title === '' || seen.has(title) || !element.checkVisibility()) return [];
      seen.add(title);
      const refused = element.getAttribute('aria-disabled') === 'true' ? element.title : undefined;
      return [
        {
          id: `action:${title}`,
          title,
          detail: refused ?? (inRow ? `Row ${name}` : 'This page'),
          because: refused,
          icon: inRow ? Rows3 : MousePointerClick,
          run: () => {
            element.focus();
            element.click();
          },
        },
      ];
    },
  );
}

const nameOf = (element: HTMLElement): string => (element.ariaLabel ?? element.textContent ?? '').replaceAll(/\s+/g, ' ').trim();
