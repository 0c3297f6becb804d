import { clusterStatusSchema, type KeptFact } from '@slipway/model';
import { expect, test } from 'vitest';
import { clusterNews } from './events.ts';

const object = (name: string) => ({ object: { apiVersion: 'v1', kind: 'Namespace', name }, reason: 'holds: ConfigMap a' });
const kept = (at: string, ...names: string[]): KeptFact => ({ layer: 'db', at, kept: names.map(object) });
const news = (before: KeptFact[], now: KeptFact[]) =>
  clusterNews(clusterStatusSchema.parse({ kept: before }), clusterStatusSchema.parse({ kept: now })).map(
    ({ reason, message }) => `${reason}: ${message}`,
  );

test('what a removal left is news once, not when people clear it up, and again when it happens again', () => {
  const told =
    'LeftBehind: What layer db made is removed, but for: Namespace one (holds: ConfigMap a); Namespace two (holds: ConfigMap a).';
  expect(news([], [kept('1', 'one', 'two')])).toEqual([told]);
  expect(news([kept('1', 'one', 'two')], [kept('1', 'one')])).toEqual([]);
  expect(news([kept('1', 'one')], [])).toEqual([]);
  expect(news([kept('1', 'one')], [kept('2', 'one', 'two')])).toEqual([told]);
});
