import { expect, it } from 'vitest';
import { schemaOfValues } from './values-schema.ts';

it('reads a pack’s schema, with the chart’s own values as defaults', () => {
  const valuesSchema = {
    $defs: { size: { type: ['string', 'null'], enum: ['s', 'm'] } },
    type: 'object',
    properties: { replicas: { type: 'integer', minimum: 1 }, size: { $ref: '#/$defs/size' }, any: { type: ['string', 'integer'] } },
  };
  const { document, schema } = schemaOfValues({ valuesSchema, values: { replicas: 2, size: 'm' } });
  expect(schema.properties?.['replicas']).toEqual({ type: 'integer', minimum: 1, default: 2 });
  expect(schema.properties?.['size']).toEqual({ $ref: '#/$defs/size', default: 'm' });
  expect(schema.properties?.['any']).toEqual({});
  expect(document.components.schemas['size']).toEqual({ type: 'string', enum: ['s', 'm'] });
});

it('without one, the values themselves say what may be set', () => {
  const { schema } = schemaOfValues({ valuesSchema: undefined, values: { image: { tag: '1' }, on: true, list: ['a'], nothing: null } });
  expect(schema.properties).toEqual({
    image: { type: 'object', properties: { tag: { type: 'string', default: '1' } } },
    on: { type: 'boolean', default: true },
    list: { type: 'array', items: { type: 'string', default: 'a' }, default: ['a'] },
    nothing: {},
  });
});
