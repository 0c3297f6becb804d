import { type Mode, MODE_HOME, modeOf } from '../paths.ts';
import { readStored, store } from './stored.ts';

/** Of this browser; who else signs in with it begins where they may. */
export function rememberPlace(href: string): void {
  const mode = modeOf(href);
  store(`last.${mode}`, href);
  store('mode', mode);
}

export const lastMode = (): Mode | undefined => (['clusters', 'apps'] as const).find((mode) => mode === readStored('mode'));

/** Where somebody was in a mode, without its scope: that stays as it is now. */
export function lastPlace(mode: Mode): string | undefined {
  const href = readStored(`last.${mode}`);
  return href !== undefined && /^\/[a-z]/.test(href) && modeOf(href) === mode ? href : undefined;
}

/** The address of the other mode: its last place, in the scope of now. */
export function placeInMode(mode: Mode, project: string | undefined): string {
  const url = new URL(lastPlace(mode) ?? MODE_HOME[mode], 'https://console.invalid');
  if (project === undefined) url.searchParams.delete('project');
  else url.searchParams.set('project', project);
  return `${url.pathname}${url.search}`;
}
