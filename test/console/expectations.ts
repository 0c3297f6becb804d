import { access, glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** What the console and the command line owe their users, in short; `picture` is what a test took of it. */
const EXPECTATIONS: readonly (readonly [number: number, what: string, picture?: string])[] = [
  [1, 'First run: from one command to a login page and a first cluster, guided', 'setup'],
  [2, 'Modes: Clusters and Apps, one click apart, scope and place kept', 'overview-light'],
  [3, 'Everything has a URL', 'clusters-light'],
  [4, 'Palette and keyboard', 'palette'],
  [5, 'Orientation: titles agree, “not found” and “no permission” differ', 'cluster-light'],
  [6, 'Lists at scale: 5,000 clusters', 'clusters-5000'],
  [7, 'Empty, loading and error states', 'overview-5000'],
  [8, 'Live: changes within 2 s, a lost stream is told, nothing is missed'],
  [9, 'Status: word, icon, age and reason, the same everywhere', 'lost-contact'],
  [10, 'Create wizard', 'create-cluster'],
  [11, 'Form ⇄ YAML, lossless', 'form-light'],
  [12, 'Provisioning timeline', 'timeline'],
  [13, 'Profile stack', 'profile-builder'],
  [14, 'Packs', 'pack'],
  [15, 'Variables', 'variables'],
  [16, 'Rollout', 'rollout'],
  [17, 'Review before apply', 'change-review'],
  [18, 'Drift, three ways', 'drift'],
  [19, 'Overrides and versions', 'change-review'],
  [20, 'Undo and danger'],
  [21, 'Terminal and logs', 'terminal'],
  [22, 'Usage and cost', 'cost'],
  [23, 'Accessibility: WCAG 2.2 AA'],
  [24, 'Themes: light, dark, system, no flash', 'overview-dark'],
  [25, 'Errors: one sentence, one next step, request id', 'two-people'],
  [26, 'CLI: start'],
  [27, 'CLI: grammar'],
  [28, 'CLI: output'],
  [29, 'CLI: safe change'],
  [30, 'CLI: failure'],
];

interface Shown {
  readonly title: string;
  readonly file: string;
  readonly inPart: boolean;
}

/** Tests say in their names which expectation they show: `(E2)`, or `(E4, in part)`. */
async function shownBy(): Promise<Map<number, Shown[]>> {
  const shown = new Map<number, Shown[]>();
  const files: string[] = [];
  for await (const file of glob('{test,apps/*/src}/**/*.test.ts', { cwd: ROOT })) files.push(file);
  for (const file of files.toSorted()) {
    const text = await readFile(join(ROOT, file), 'utf8');
    for (const [, title = '', tags = ''] of text.matchAll(/\bit\(\s*'([^']+) \((E\d[^)]*)\)'/g))
      for (const [, number = '', part] of tags.matchAll(/E(\d+)(, in part)?/g))
        shown.set(Number(number), [...(shown.get(Number(number)) ?? []), { title, file, inPart: part !== undefined }]);
  }
  return shown;
}

/** `docs/expectations.md` as the tests have it now. */
export async function expectationsPage(): Promise<string> {
  const shown = await shownBy();
  const rows = await Promise.all(
    EXPECTATIONS.map(async ([number, what, picture]) => {
      const tests = shown.get(number) ?? [];
      const state = tests.length === 0 ? 'not shown yet' : tests.every(({ inPart }) => inPart) ? 'in part' : 'shown';
      const links = tests.map(({ title, file }) => `[${title.replaceAll('|', '\\|')}](../${file})`).join('<br>');
      const path = `console/${picture ?? ''}.png`;
      const seen =
        picture !== undefined &&
        (await access(join(ROOT, 'docs', path)).then(
          () => true,
          () => false,
        ));
      return `| E${number} | ${what} | ${state} | ${links || '–'} | ${seen ? `[picture](${path})` : '–'} |`;
    }),
  );
  return `# Expectations, and the tests that show them

Made from the names of the tests: \`SLIPWAY_EXPECTATIONS=write npx vitest run --project unit test/expectations.test.ts\`. “In part” is what the tests themselves say of how far they go;
what no end-to-end test shows is not claimed here, even where the product has it.

E1 has an exception: a cluster that somebody else made cannot be taken over yet, and a simulated one does not stand beside real ones (\`slipway demo\` is a fleet of them); both choices are shown with their reason.

E22 is the other exception: usage and what is really paid for come with metering, which is a capability of its own and not there yet. What there is of it are estimates, by cluster and project: [prices of cloud accounts](changes.md#what-it-costs) in plans, in the create page, on the overview, on a page of their own and by \`slipway cost\`.

| number | what is owed | state | test | picture |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
