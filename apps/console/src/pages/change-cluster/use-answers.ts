import type { Answer } from '@slipway/model';
import { useState } from 'react';
import { keepDraft, readDraft } from '../../forms/draft.ts';
import { useSession } from '../../state/session-context.ts';

type Given = ReadonlyMap<string, Answer>;

/** What somebody has said to the questions of a move: kept by this browser until it is made, so that a reload asks nothing twice. */
export function useAnswers(of: string) {
  const { tenant, user } = useSession();
  const address = `${tenant}/${user}/moves/${of}`;
  const [given, setGiven] = useState<Given>(() => readGiven(address));
  return {
    given,
    answer(name: string, answer: Answer | undefined): void {
      const next = new Map(given);
      if (answer === undefined) next.delete(name);
      else next.set(name, answer);
      setGiven(next);
      keepDraft(address, next.size === 0 ? undefined : { text: JSON.stringify([...next]), base: '' });
    },
    forget: () => keepDraft(address, undefined),
  };
}

function readGiven(address: string): Given {
  try {
    const kept: unknown = JSON.parse(readDraft(address)?.text ?? '[]');
    return new Map(Array.isArray(kept) ? (kept.filter(isAnswer) as [string, Answer][]) : []);
  } catch {
    return new Map();
  }
}

function isAnswer(entry: unknown): boolean {
  if (!Array.isArray(entry) || typeof entry[0] !== 'string') return false;
  const answer: unknown = entry[1];
  if (answer === 'keep' || answer === 'take' || answer === 'drop') return true;
  return typeof answer === 'object' && answer !== null && 'value' in answer;
}
