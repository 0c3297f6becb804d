import type { LayerValues } from '@slipway/model';
import { expect, it } from 'vitest';
import { renderedRows, shownLayer, variableIn } from './rendered-rows.ts';

const layer = (values: object, origins: LayerValues['origins']): LayerValues => ({
  name: 'web',
  type: 'addon',
  profile: 'shop@1.0.0',
  namespace: 'web',
  content: 'chart web 1.0.0',
  values,
  ...(origins === undefined ? {} : { origins }),
});
const now = layer({ host: 'a', replicas: 2, tls: { on: true }, old: [1] }, [
  { path: 'host', from: 'profile', uses: ['.var.host'] },
  { path: 'replicas', from: 'preset', preset: 'large' },
  { path: 'tls.on', from: 'chart' },
  { path: 'old', from: 'pack' },
]);

it('has a row for each value with who says so', () => {
  expect(renderedRows(now)).toEqual([
    { path: 'host', text: 'a', from: 'profile', uses: ['.var.host'] },
    { path: 'replicas', text: '2', from: 'preset large', uses: [] },
    { path: 'tls.on', text: 'true', from: 'chart', uses: [] },
    { path: 'old', text: '[1]', from: 'pack', uses: [] },
  ]);
});

it('says what would be another one, what would be new, and what would be gone', () => {
  const next = layer({ host: 'b', replicas: 2, tls: 'off', 'a.b': 1 }, [
    { path: 'host', from: 'cluster' },
    { path: 'replicas', from: 'preset', preset: 'large' },
    { path: 'tls', from: 'profile' },
    { path: '["a.b"]', from: 'profile' },
  ]);
  expect(renderedRows(next, now).map(({ path, text, was }) => [path, text, was])).toEqual([
    ['host', 'b', 'a'],
    ['replicas', '2', undefined],
    ['tls', 'off', '{"on":true}'],
    ['["a.b"]', '1', '–'],
    ['tls.on', undefined, 'true'],
    ['old', undefined, '[1]'],
  ]);
});

it('shows the layer that was asked for, else the first with something to show', () => {
  const { values: _none, origins: _no, ...bare } = now;
  const all: any = { layers: [{ ...bare, name: 'os' }, now] };
  expect(shownLayer(all, undefined)?.name).toBe('web');
  expect(shownLayer(all, 'os')?.name).toBe('os');
  expect(shownLayer(all, 'nope')).toBeUndefined();
  expect([variableIn('.var.hosts[0]'), variableIn('.macro.domain')]).toEqual(['hosts', undefined]);
});
