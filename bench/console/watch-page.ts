import type { CDPSession, Page } from 'playwright-core';

/** What a page notes of itself while it is measured. Times in milliseconds since its navigation began. */
interface Noted {
  readonly heading?: number;
  readonly rows?: number;
  readonly long: readonly { readonly at: number; readonly ms: number }[];
}

// Evaluated by the debugger before anything of the page, so its policy stays as it is.
const NOTES = `
  window.__noted = { long: [] };
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.__noted.long.push({ at: one.startTime, ms: one.duration });
  }).observe({ type: 'longtask', buffered: true });
  const look = () => {
    const noted = window.__noted;
    if (noted.heading === undefined && document.querySelector('main h1')) noted.heading = performance.now();
    if (noted.rows === undefined && document.querySelector('[data-row]')) noted.rows = performance.now();
    if (noted.heading === undefined || noted.rows === undefined) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
`;

export const noting = (page: Page): Promise<void> => page.addInitScript(NOTES).then(() => undefined);
export const noted = (page: Page): Promise<Noted> => page.evaluate('window.__noted') as Promise<Noted>;
export const forgetTasks = (page: Page): Promise<void> => page.evaluate('void (window.__noted.long.length = 0)') as Promise<void>;

/** Milliseconds from a text being in the field to the list being another one. */
export async function filterMs(page: Page, text: string): Promise<number> {
  const done = page.evaluate(`new Promise((resolve) => {
    const table = () => document.querySelector('[role=table]')?.getAttribute('aria-rowcount') + '';
    const before = table();
    let begun;
    document.querySelector('[data-filter]').addEventListener('input', () => (begun ??= performance.now()), { once: true });
    const look = () => (begun !== undefined && table() !== before ? requestAnimationFrame(() => resolve(performance.now() - begun)) : requestAnimationFrame(look));
    look();
  })`);
  await page.getByLabel('Filter by name').fill(text);
  return (await done) as number;
}

/** When a text is on the screen, in milliseconds since the epoch. */
export const shownAt = (page: Page, text: string): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    const look = () => ([...document.querySelectorAll('[data-row] a')].some((link) => link.textContent === ${JSON.stringify(text)}) ? resolve(Date.now()) : requestAnimationFrame(look));
    look();
  })`) as Promise<number>;

/** What the page holds in its heap after everything that can go is gone, in MiB. */
export async function heapMiB(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize / 2 ** 20;
}
