import { estimateCost, type ChangePlan } from '@slipway/model';
import { expect, it } from 'vitest';
import { renderChangePlan } from './change-plan.ts';

const io = { paint: (_colour: string, text: string) => text } as never;
const plan: ChangePlan = {
  id: 'x',
  impact: 'none',
  summary: 'Scale.',
  actions: [{ verb: 'scale', target: 'pool workers', summary: 'Scale.', impact: 'none', reason: '', diff: [] }],
};
const prices = { currency: 'EUR', coreHour: '0.02' };
const workers = (replicas: number) => estimateCost([{ name: 'workers', replicas, size: { cpu: 2 } }], prices);

it('says what a change costs, and how that comes about', () => {
  const [before, after] = [workers(1), workers(3)];
  const text = renderChangePlan(io, 'cluster dev', { ...plan, cost: { ...(before && { before }), ...(after && { after }) } });
  expect(text).toContain('  Costs about 0.12 EUR an hour, 87.60 EUR a month; now 0.04 an hour.');
  expect(text).toContain('      workers: 3 × (2 cores × 0.02) an hour');
  const bare = estimateCost([{ name: 'workers', replicas: 1, size: {} }], prices);
  expect(renderChangePlan(io, 'cluster dev', { ...plan, cost: { ...(bare && { after: bare }) } })).toContain(
    'What it costs cannot be said:\n      workers: not counted, its size says no cores',
  );
  expect(renderChangePlan(io, 'cluster dev', plan)).not.toContain('Costs');
});
