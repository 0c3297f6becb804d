import { afterAll, beforeAll, expect, it } from 'vitest';
import { violationsOf } from './axe.ts';
import { type ConsoleWorld, makeCluster, startConsoleWorld, type Visit } from './console-world.ts';

let world: ConsoleWorld;
let visit: Visit;
beforeAll(async () => {
  world = await startConsoleWorld();
  await makeCluster(world.client, 'default', 'dev');
  visit = await world.visit('/clusters/list/default/dev?tab=yaml');
});
afterAll(() => world?.stop());

it('shows YAML with line numbers and colours under the strict policy, searched and left by keyboard', async () => {
  const { page } = visit;
  const editor = page.getByRole('textbox', { name: 'YAML' });
  await editor.waitFor();
  await page.getByText('slipway.dev/v1').waitFor();
  expect(await editor.getAttribute('aria-readonly')).toBe('true');
  // Its style sheets are constructed, in a root of its own: nothing of them is refused.
  const word = "document.querySelector('.code-editor').shadowRoot.querySelector('.cm-line span')";
  const coloured = await page.evaluate(`getComputedStyle(${word}).color !== getComputedStyle(document.body).color`);
  expect(coloured).toBe(true);
  await editor.focus();
  await page.keyboard.press('Control+f');
  await page.getByRole('textbox', { name: 'Find' }).fill('starter');
  await page.keyboard.press('Escape');
  await editor.focus();
  await page.keyboard.press('Tab');
  expect(await page.evaluate("document.activeElement?.className.includes('code-editor') ?? false")).toBe(false);
  expect(await violationsOf(page)).toEqual([]);
  expect(visit.wrongs).toEqual([]);
});
