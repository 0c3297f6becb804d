import type { ApiObject, Kind } from '@slipway/model';
import { describe, expect, it } from 'vitest';
import { patched } from './patches.ts';

const object = { kind: 'Thing', metadata: { name: 'a', annotations: { text: 'x'.repeat(1000) } }, spec: {} } as unknown as ApiObject;
const apply = (body: unknown) => patched({ kind: 'Thing' } as Kind, object, { type: 'application/json-patch+json', body });

describe('a JSON patch that', () => {
  it('copies copies of copies is refused before it is a huge object', () => {
    const doubling = Array.from({ length: 60 }, (_, n) => ({ op: 'copy', from: '/metadata', path: `/metadata/copy${n}` }));
    expect(() => apply(doubling)).toThrow(expect.objectContaining({ code: 'TooLarge' }));
    expect(apply(doubling.slice(0, 3))).toMatchObject({ metadata: { copy2: { copy1: { copy0: { name: 'a' } } } } });
  });

  it('nests deeper than a body may is refused', () => {
    const nesting = Array.from({ length: 120 }, (_, n) => ({ op: 'add', path: `/spec${'/a'.repeat(n + 1)}`, value: {} }));
    expect(() => apply(nesting)).toThrow(/nested more than 100 levels/);
    expect(apply(nesting.slice(0, 50))).toMatchObject({ spec: { a: { a: {} } } });
  });

  it('has very many operations is refused', () => {
    expect(() => apply(Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/spec', value: {} })))).toThrow(/10000 operations/);
  });

  it('names a prototype changes none', () => {
    expect(() => apply([{ op: 'add', path: '/__proto__/polluted', value: 'yes' }])).toThrow();
    expect(() => apply([{ op: 'add', path: '/constructor/prototype/polluted', value: 'yes' }])).toThrow();
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
  });

  it('is tried again does the same again', () => {
    const body = [
      { op: 'add', path: '/spec/list', value: [] },
      { op: 'add', path: '/spec/list/-', value: 'one' },
    ];
    for (let attempt = 0; attempt < 2; attempt++) expect(apply(body)).toMatchObject({ spec: { list: ['one'] } });
  });
});
