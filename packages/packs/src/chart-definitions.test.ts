import { expect, test } from 'vitest';
import { chartDefinitions } from './chart-definitions.ts';
import { packChart } from './chart-archive.ts';

const file = (name: string, text: string) => ({ name, data: Buffer.from(text) });

test('finds the definitions of a chart and of its subcharts, as folders and as archives, and nothing else', async () => {
  const inner = packChart('inner', [file('Chart.yaml', 'apiVersion: v2\nname: inner\nversion: 1.0.0\n'), file('crds/c.yaml', 'three')]);
  const archive = packChart('web', [
    file('Chart.yaml', 'apiVersion: v2\nname: web\nversion: 1.0.0\n'),
    file('crds/a.yaml', 'one'),
    file('crds/README.md', 'no'),
    file('templates/crds/x.yaml', 'no'),
    file('charts/sub/crds/b.yml', 'two'),
    { name: 'charts/inner-1.0.0.tgz', data: inner },
  ]);
  expect((await chartDefinitions(archive)).toSorted()).toEqual(['one', 'three', 'two']);
});
