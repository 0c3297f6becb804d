import { expect, test } from 'vitest';
import { formatBytes, formatCores, parseQuantity } from '../meta/quantity.ts';
import { metadataOfAnnotations } from './annotations.ts';
import { NO_METADATA, packMetadataSchema } from './metadata.ts';

test('metadata is optional as a whole and in every part, and strict about what is there', () => {
  expect(NO_METADATA).toMatchObject({ presets: [], images: [], constraints: { dependencies: [], clouds: [] }, defaults: { values: {} } });
  const refuse = (metadata: object) => packMetadataSchema.safeParse(metadata).error?.issues.map((issue) => issue.path.join('.'));
  expect(refuse({ colour: 'red' })).toEqual(['']);
  expect(refuse({ presets: [{ name: 'a', group: '' }] })).toEqual(['presets.0.group']);
  expect(refuse({ presets: [{ name: 'a', group: 'g', remove: ['a..b'] }] })).toEqual(['presets.0.remove.0']);
  expect(refuse({ constraints: { kubernetes: 'new' } })).toEqual(['constraints.kubernetes']);
  expect(refuse({ constraints: { resources: { cpu: 'much' } } })).toEqual(['constraints.resources.cpu']);
  expect(refuse({ endOfLife: 'soon' })).toEqual(['endOfLife']);
});

test('annotations of a chart say the same, with YAML where there is structure', () => {
  const { metadata, causes } = metadataOfAnnotations(
    {
      'slipway.dev/layer': 'csi',
      'slipway.dev/display-name': 'Volumes',
      'slipway.dev/constraints': 'kubernetes: ">=1.30"\nclouds: [local]',
      'slipway.dev/images': '- a/b:1\n',
      'artifacthub.io/images': '- {name: x, image: ignored/when-ours-is-there:1}',
      other: 'thing',
    },
    'annotations',
  );
  expect(causes).toEqual([]);
  expect(packMetadataSchema.parse(metadata)).toMatchObject({
    layer: 'csi',
    displayName: 'Volumes',
    constraints: { clouds: ['local'] },
    images: ['a/b:1'],
  });
});

test('unknown annotations of ours and broken YAML are named; images for others are read', () => {
  const { metadata, causes } = metadataOfAnnotations(
    {
      'slipway.dev/colour': 'red',
      'slipway.dev/presets': '[',
      'artifacthub.io/images': '- {name: x, image: a/b:1}\n- {image: a/b:1}\n- 3',
    },
    'annotations',
  );
  expect(causes.map(({ field }) => field)).toEqual(['annotations["slipway.dev/colour"]', 'annotations["slipway.dev/presets"]']);
  expect(causes[0]?.message).toContain('there are: constraints, defaults');
  expect(metadata['images']).toEqual(['a/b:1']);
});

test.each([
  ['500m', 0.5],
  ['2', 2],
  [3, 3],
  ['1Gi', 2 ** 30],
  ['1.5Ki', 1536],
  ['2e3', 2000],
  ['1k', 1000],
  ['-1', undefined],
  ['1 GB', undefined],
  ['', undefined],
  ['1'.repeat(400), undefined],
])('the quantity %s is %s', (text, expected) => {
  expect(parseQuantity(text)).toBe(expected);
});

test('quantities are shown as people write them', () => {
  expect([formatCores(0.25), formatCores(2), formatCores(2.5), formatBytes(1536 * 2 ** 20), formatBytes(512)]).toEqual([
    '250m',
    '2',
    '2.5',
    '1.5Gi',
    '512',
  ]);
});
