import { describe, expect, it } from 'vitest';
import { acceptedPack, cataloguedContent, createAcceptances } from './accept.ts';
import { cataloguedPack } from './catalogue.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => `sha256:${letter.repeat(64)}`) as [string, string, string];
const at = (now: string) => ({ registry: 'stable', now });
const listed = (digest: string) => ({ name: 'web', versions: [{ version: '1.0.0', digest, description: digest }] });
const who = { by: 'ada', at: '2026-01-02T00:00:00Z' };

const first = cataloguedPack(undefined, listed(A), at('t1'));
const replaced = cataloguedPack(first, listed(B), at('t2'));

describe('accepting what a version was replaced by', () => {
  it('makes it what is used, says who it was, and is remembered by the next sync', () => {
    const accepted = acceptedPack(replaced, { version: '1.0.0', digest: B }, who);
    expect(accepted.was).toBe(A);
    expect(accepted.status).toEqual({ moved: [], accepted: [{ version: '1.0.0', digest: B, was: A, ...who }] });
    expect(cataloguedContent(first, '1.0.0')).toEqual({ digest: A, accepted: false });
    expect(cataloguedContent(accepted, '1.0.0')).toEqual({ digest: B, accepted: true });
    const synced = cataloguedPack(accepted, listed(B), at('t3'));
    expect(synced.news).toEqual([]);
    expect(synced.status).toEqual(accepted.status);
    expect(synced.spec.versions[0]?.description).toBe(B);
  });

  it('accepts nothing that comes later, and nothing that was not looked at', () => {
    expect(() => acceptedPack(replaced, { version: '1.0.0', digest: C }, who)).toThrow(`is now ${B}, not ${C}`);
    expect(() => acceptedPack(first, { version: '1.0.0', digest: B }, who)).toThrow('was not replaced; replaced were: none');
    const accepted = acceptedPack(replaced, { version: '1.0.0', digest: B }, who);
    const again = cataloguedPack(accepted, listed(C), at('t4'));
    expect(again.status.moved).toEqual([{ version: '1.0.0', digest: B, found: C, at: 't4' }]);
    expect(cataloguedContent(again, '1.0.0')).toEqual({ digest: B, accepted: true });
  });

  it('is news once, when it is in force', () => {
    const { isNews } = createAcceptances();
    const metadata = { uid: 'u' };
    const accepted = acceptedPack(replaced, { version: '1.0.0', digest: B }, who);
    expect(isNews({ metadata, ...replaced })).toBe(false);
    expect(isNews({ metadata, spec: replaced.spec, status: accepted.status })).toBe(false);
    expect(isNews({ metadata, ...accepted })).toBe(true);
    expect(isNews({ metadata, ...accepted })).toBe(false);
  });
});
