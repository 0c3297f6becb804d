import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateCost, HOURS_A_MONTH } from './estimate.ts';
import { pricesSchema } from './prices.ts';

const prices = { currency: 'EUR', machineHour: '0.01', coreHour: '0.02', memoryGiBHour: '0.003' };
const group = (name: string, replicas: number, cpu?: number, memoryMiB?: number) => ({ name, replicas, size: { cpu, memoryMiB } });

describe('what machines are expected to cost', () => {
  it('is told per group with its formula, by the hour and by the month', () => {
    expect(estimateCost([group('control plane', 1, 2, 4096), group('workers', 3, 0.5, 1536)], prices)).toEqual({
      currency: 'EUR',
      groups: [
        { name: 'control plane', replicas: 1, perHour: '0.062', formula: '1 × (0.01 + 2 cores × 0.02 + 4 GiB × 0.003)' },
        { name: 'workers', replicas: 3, perHour: '0.0735', formula: '3 × (0.01 + 0.5 cores × 0.02 + 1.5 GiB × 0.003)' },
      ],
      perHour: '0.1355',
      perMonth: '98.92',
    });
  });

  it('is not guessed: without prices there is none, and a group that does not say its size is named', () => {
    expect(estimateCost([group('workers', 1, 1, 1024)], undefined)).toBeUndefined();
    expect(estimateCost([group('workers', 2, 1), group('none', 0)], prices)).toMatchObject({
      groups: [{ name: 'workers', because: 'its size says no memory' }],
      perHour: '0.00',
    });
    expect(estimateCost([group('workers', 2)], { currency: 'USD', machineHour: '1.5' })).toMatchObject({
      perHour: '3.00',
      perMonth: '2190.00',
    });
  });

  it('adds up to the last digit, whatever the prices', () => {
    const amount = fc
      .tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 999_999 }))
      .map(([a, b]) => `${a}.${String(b).padStart(6, '0')}`);
    const groups = fc.array(
      fc.record({
        replicas: fc.integer({ min: 1, max: 500 }),
        milli: fc.integer({ min: 1, max: 64_000 }),
        memoryMiB: fc.integer({ min: 512, max: 262_144 }),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(amount, amount, amount, groups, (machineHour, coreHour, memoryGiBHour, sizes) => {
        const cost = estimateCost(
          sizes.map(({ replicas, milli, memoryMiB }, index) => group(`pool-${index}`, replicas, milli / 1000, memoryMiB)),
          { currency: 'EUR', machineHour, coreHour, memoryGiBHour },
        );
        const micros = (text = ''): bigint => BigInt(text.replace('.', '').padEnd(text.indexOf('.') + 6, '0'));
        const sum = cost?.groups.reduce((all, { perHour }) => all + micros(perHour), 0n);
        expect(micros(cost?.perHour)).toBe(sum);
        // Of numbers that a float holds well enough, it is what anybody would calculate.
        const plain = sizes.reduce(
          (all, { replicas, milli, memoryMiB }) =>
            all + replicas * (Number(machineHour) + (milli / 1000) * Number(coreHour) + (memoryMiB / 1024) * Number(memoryGiBHour)),
          0,
        );
        expect(Math.abs(Number(cost?.perHour) - plain)).toBeLessThan(1e-6 * (sizes.length + 1) + plain * 1e-12);
        expect(Math.abs(Number(cost?.perMonth) - plain * HOURS_A_MONTH)).toBeLessThan(0.011 + plain * 1e-9);
      }),
    );
  });
});

describe('prices', () => {
  it('are decimal texts with a currency, and at least one of them', () => {
    expect(pricesSchema.parse(prices)).toEqual(prices);
    for (const wrong of [
      { currency: 'EUR' },
      { ...prices, currency: 'euro' },
      { ...prices, coreHour: '-1' },
      { ...prices, coreHour: '1e3' },
      { ...prices, coreHour: 0.02 },
    ])
      expect(() => pricesSchema.parse(wrong)).toThrow();
  });
});
