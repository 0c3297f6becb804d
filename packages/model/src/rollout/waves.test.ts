import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divide } from './waves.ts';
import type { RolloutWave } from './rollout.ts';

const wave = (name: string, rest: Partial<RolloutWave>): RolloutWave => ({ name, automatic: true, ...rest });
const fleet = (count: number, labels?: (index: number) => Record<string, string>) =>
  Array.from({ length: count }, (_, index) => ({ metadata: { uid: `uid-${index}`, ...(labels ? { labels: labels(index) } : {}) } }));
const sizes = (waves: readonly RolloutWave[], result: readonly number[]) =>
  waves.map((_, index) => result.filter((of) => of === index).length);

describe('waves', () => {
  it('takes counts and shares, where a share counts the waves before it too', () => {
    const waves = [
      wave('canary', { count: 1 }),
      wave('tenth', { percent: 10 }),
      wave('half', { percent: 50 }),
      wave('rest', { percent: 100 }),
    ];
    expect(sizes(waves, divide({ uid: 'r', waves, clusters: fleet(100) }))).toEqual([1, 9, 40, 50]);
    expect(sizes(waves, divide({ uid: 'r', waves, clusters: fleet(3) }))).toEqual([1, 0, 1, 1]);
    expect(sizes(waves, divide({ uid: 'r', waves, clusters: [] }))).toEqual([0, 0, 0, 0]);
  });

  it('puts clusters where their labels say, and fills up with others only what asks for a number', () => {
    const waves = [
      wave('canary', { labels: 'tier=canary' }),
      wave('test', { labels: 'tier=test', percent: 50 }),
      wave('rest', { percent: 100 }),
    ];
    const clusters = fleet(20, (index) => ({ tier: index < 3 ? 'canary' : index < 5 ? 'test' : 'prod' }));
    const result = divide({ uid: 'r', waves, clusters });
    expect(result.slice(0, 3)).toEqual([0, 0, 0]);
    expect(result.slice(3, 5)).toEqual([1, 1]);
    expect(sizes(waves, result)).toEqual([3, 7, 10]);
  });

  it('chooses other canaries for another rollout', () => {
    const waves = [wave('canary', { count: 5 }), wave('rest', { percent: 100 })];
    const clusters = fleet(200);
    const canaries = (uid: string) => divide({ uid, waves, clusters }).flatMap((of, index) => (of === 0 ? [index] : []));
    expect(canaries('a')).not.toEqual(canaries('b'));
    expect(canaries('a')).toEqual(canaries('a'));
  });

  it('every cluster has one wave; nobody who was moved changes it, whoever joins or leaves', () => {
    const arbitraryWaves = fc
      .array(fc.oneof(fc.record({ count: fc.integer({ min: 1, max: 9 }) }), fc.record({ percent: fc.integer({ min: 0, max: 100 }) })), {
        maxLength: 5,
      })
      .map((list) => [...list.map((rest, index) => wave(`w${index}`, rest)), wave('last', { percent: 100 })]);
    fc.assert(
      fc.property(arbitraryWaves, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 }), (waves, before, after) => {
        const first = divide({ uid: 'r', waves, clusters: fleet(before) });
        expect(first).toHaveLength(before);
        expect(first.every((of) => of >= 0 && of < waves.length)).toBe(true);
        const moved = new Map(first.slice(0, Math.min(before, after)).map((of, index) => [`uid-${index}`, waves[of]?.name ?? '']));
        const second = divide({ uid: 'r', waves, clusters: fleet(after), moved });
        moved.forEach((name, uid) => expect(waves[second[Number(uid.slice(4))] ?? -1]?.name).toBe(name));
      }),
    );
  });
});
