import { SlipwayError } from '@slipway/kit';
import { clusterKind } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf, UsageError } from '../exit.ts';
import { diffValues } from '../manifest/diff.ts';
import { elapsed, parseDuration } from './duration.ts';
import { explainError } from './errors.ts';
import { explain, explainKinds } from './explain.ts';
import { didYouMean } from './suggest.ts';
import { age, objectTable, renderTable } from './table.ts';

describe('words and numbers', () => {
  it('suggests near words only', () => {
    expect(didYouMean('clusetr', ['cluster', 'gateway'])).toBe('cluster');
    expect(didYouMean('zebra', ['cluster', 'gateway'])).toBeUndefined();
  });

  it('reads and writes durations', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000);
    expect(parseDuration('250ms')).toBe(250);
    expect(() => parseDuration('soon')).toThrow(UsageError);
    expect(() => parseDuration('10')).toThrow(UsageError);
    expect([elapsed(840), elapsed(12_400), elapsed(185_000)]).toEqual(['0.8s', '12s', '3m05s']);
  });

  it('writes ages as kubectl does', () => {
    const now = Date.parse('2026-01-02T00:00:00Z');
    const before = (seconds: number) => age(new Date(now - seconds * 1000).toISOString(), now);
    expect([before(45), before(119), before(150), before(900), before(3 * 3600 + 300), before(5 * 86_400)]).toEqual([
      '45s',
      '119s',
      '2m30s',
      '15m',
      '3h5m',
      '5d',
    ]);
    expect(age(undefined, now)).toBe('<unknown>');
  });

  it('aligns columns and hides the wide ones', () => {
    const object = {
      apiVersion: 'slipway.dev/v1',
      kind: 'Cluster',
      metadata: {
        name: 'dev',
        uid: 'u',
        resourceVersion: '1',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        namespace: 'default',
      },
      spec: { profile: { name: 'starter', version: '1.0.0' } },
    };
    const narrow = objectTable(clusterKind, [object], { wide: false, withProject: true, now: Date.parse('2026-01-01T00:00:30Z') });
    expect(narrow.header).toEqual(['PROJECT', 'NAME', 'STATUS', 'PROFILE', 'KUBERNETES', 'NODES', 'LAYERS', 'AGE']);
    expect(narrow.rows).toEqual([['default', 'dev', 'Pending', 'starter@1.0.0', '-', '-', '-', '30s']]);
    expect(renderTable(['A', 'LONG'], [['value', 'x']])).toBe('A      LONG\nvalue  x');
  });

  it('lists differences by leaf', () => {
    expect(diffValues({ a: 1, list: [1, 2], same: true }, { a: 2, list: [1], same: true, new: { b: 1 } }, 'spec')).toEqual([
      { path: 'spec.a', from: 1, to: 2 },
      { path: 'spec.list[1]', from: 2 },
      { path: 'spec.new', to: { b: 1 } },
    ]);
  });

  it('explains fields with limits and defaults, and corrects paths', () => {
    expect(explainKinds()).toMatch(/clusterprofiles +cprof +tenant/);
    expect(explain('pool.spec')).toMatch(/replicas +integer +required +≥ 0, ≤ 500/);
    expect(explain('cluster.spec.drift')).toContain('"heal" | "report"');
    expect(explain('clusterprofile.spec.versions.layers')).toMatch(/timeoutSeconds +integer +default 300/);
    expect(() => explain('cluster.spec.drfit')).toThrow(expect.objectContaining({ hint: 'Did you mean "drift"?' }));
  });
});

describe('errors', () => {
  it('say cause, fields, next step and request id', () => {
    const error = new SlipwayError('Invalid', 'Refused.', {
      causes: [{ field: 'spec.a', message: 'must be 1' }],
      hint: 'Write 1.',
      detail: 'request req-7',
    });
    expect(explainError(error)).toEqual(['error: Refused. (request req-7)', '  spec.a: must be 1', '  What to do: Write 1.']);
  });

  it('have documented exit codes', () => {
    const code = (name: ConstructorParameters<typeof SlipwayError>[0]) => exitCodeOf(new SlipwayError(name, 'x'));
    expect([
      code('Internal'),
      code('Unauthorized'),
      code('Forbidden'),
      code('NotFound'),
      code('Conflict'),
      code('AlreadyExists'),
      code('Timeout'),
      code('Host'),
    ]).toEqual([1, 3, 3, 4, 5, 5, 6, 10]);
    expect(exitCodeOf(new UsageError('x'))).toBe(EXIT.usage);
  });
});
