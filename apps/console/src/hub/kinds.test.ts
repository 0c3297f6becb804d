import { kinds } from '@slipway/model';
import { expect, it } from 'vitest';
import { KINDS } from './kinds.ts';

it('the kinds that pages name are those of the model', () => {
  for (const { kind, plural, scope, version } of Object.values(KINDS)) {
    const known = kinds.find((one) => one.plural === plural);
    expect({ kind, plural, scope, version }).toEqual({
      kind: known?.kind,
      plural: known?.plural,
      scope: known?.scope,
      version: known?.version,
    });
  }
});
