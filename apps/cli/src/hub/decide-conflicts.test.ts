import type { OverrideMerge } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { Finished, UsageError } from '../exit.ts';
import type { Io } from '../output/io.ts';
import { decideConflicts } from './decide-conflicts.ts';

const merge = (layer: string, ...paths: string[]): OverrideMerge => ({
  layer,
  from: '1.0.0',
  at: '1.0.0',
  to: '1.1.0',
  paths: [
    ...paths.map((path) => ({ path, outcome: 'conflict' as const, base: 1, theirs: 2, mine: 3 })),
    { path: 'quiet', outcome: 'stays' as const, mine: 1 },
  ],
});

/** A terminal at which somebody gives these answers. */
function terminal(...answers: string[]) {
  const said: string[] = [];
  const io = {
    say: (text: string) => void said.push(text),
    paint: (_colour: string, text: string) => text,
    interactive: true,
    ask: async (question: string) => {
      said.push(question);
      return answers.shift() ?? '';
    },
  };
  return { io: io as unknown as Io, said };
}

describe('conflicts on a terminal', () => {
  it('are asked one by one until there is an answer, but for those decided on the command line', async () => {
    const { io, said } = terminal('what?', 'take', 'K');
    const merges = [merge('db', 'replicas', 'tag'), merge('web', 'replicas')];
    const decided = await decideConflicts({ io }, 'shop', merges, { keep: ['tag'], take: [] });
    expect(Object.fromEntries(decided)).toEqual({ '': { db: { replicas: 'take', tag: 'keep' }, web: { replicas: 'keep' } } });
    expect(said.filter((text) => text.startsWith('Keep'))).toHaveLength(3);
    expect(said[0]).toBe('Conflict 1 of 3: layer db, replicas\n  1.0.0 had          1\n  1.1.0 has          2\n  the cluster wants  3');
    expect(said.join()).not.toContain('quiet');
  });

  it('end the command when nobody wants to decide', async () => {
    await expect(decideConflicts(terminal('stop'), 'shop', [merge('db', 'replicas')], { keep: [], take: [] })).rejects.toBeInstanceOf(
      Finished,
    );
  });

  it('become another value, and what has no place goes, as the command line says', async () => {
    const gone = {
      ...merge('db', 'replicas'),
      paths: [...merge('db', 'replicas').paths, { path: 'old', outcome: 'orphan' as const, mine: 1 }],
    };
    const none = { keep: [], take: [] };
    const decided = await decideConflicts(terminal(), 'shop', [gone], { ...none, set: ['db.replicas=[4, "x=y"]'], drop: ['old'] });
    expect(Object.fromEntries(decided)).toEqual({ '': { db: { replicas: { value: [4, 'x=y'] }, old: 'drop' } } });
    const refused = (choices: object) => decideConflicts(terminal(), 'shop', [gone], { ...none, ...choices });
    await expect(refused({ set: ['db.replicas='] })).rejects.toBeInstanceOf(UsageError);
    await expect(refused({ set: ['db.replicas'] })).rejects.toBeInstanceOf(UsageError);
    await expect(refused({ drop: ['db.replicas'] })).rejects.toBeInstanceOf(UsageError);
  });

  it('are named by layer where a path alone could be several', async () => {
    const merges = [merge('db', 'replicas'), merge('web', 'replicas')];
    const ask = (keep: string[], take: string[]) => decideConflicts(terminal(), 'shop', merges, { keep, take });
    await expect(ask(['replicas'], [])).rejects.toBeInstanceOf(UsageError);
    await expect(ask(['db.replicas'], ['db.replicas'])).rejects.toBeInstanceOf(UsageError);
    expect(Object.fromEntries(await ask(['db.replicas'], ['web.replicas']))).toEqual({
      '': { db: { replicas: 'keep' }, web: { replicas: 'take' } },
    });
    const pools = [
      { ...merge('kubernetes', 'kubelet.maxPods'), pool: 'a' },
      { ...merge('kubernetes', 'kubelet.maxPods'), pool: 'b' },
    ];
    const decided = await decideConflicts(terminal(), 'shop', pools, {
      keep: ['a/kubernetes.kubelet.maxPods'],
      take: ['b/kubernetes.kubelet.maxPods'],
    });
    expect(decided.get('a')).toEqual({ kubernetes: { 'kubelet.maxPods': 'keep' } });
    expect(decided.get('b')).toEqual({ kubernetes: { 'kubelet.maxPods': 'take' } });
  });
});
