import { expect, it } from 'vitest';
import { humanAge, representationOf } from './table.ts';

const s = 1000;
const m = 60 * s;
const h = 60 * m;
const d = 24 * h;

// The cases of apimachinery's duration_test.go.
it.each([
  [0, '0s'],
  [s, '1s'],
  [70 * s, '70s'],
  [190 * s, '3m10s'],
  [70 * m, '70m'],
  [47 * h, '47h'],
  [49 * h, '2d1h'],
  [8 * d + 2 * h, '8d'],
  [367 * d, '367d'],
  [365 * 2 * d + 25 * h, '2y1d'],
  [365 * 8 * d + 2 * h, '8y'],
  [3 * h + 5 * m, '3h5m'],
  [2 * h, '120m'],
  [9 * h + 30 * m, '9h'],
  [10 * m + 30 * s, '10m'],
])('an age of %i ms is %s', (ms, text) => {
  expect(humanAge('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:00Z') + ms)).toBe(text);
});

it('finds the representation that kubectl asks for', () => {
  expect(
    representationOf('application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json'),
  ).toBe('table');
  expect(
    representationOf(
      'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    ),
  ).toBe('metadata');
  expect(representationOf('application/json')).toBe('object');
  expect(representationOf(undefined)).toBe('object');
});
