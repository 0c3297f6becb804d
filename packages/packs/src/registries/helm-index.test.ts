import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { type IndexEntry, readHelmIndex } from './helm-index.ts';

async function* pieces(text: string, size: number): AsyncIterable<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(text: string, { size = 7, only }: { size?: number; only?: string } = {}) {
  const charts: Record<string, readonly IndexEntry[]> = {};
  const { unreadable } = await readHelmIndex(pieces(text, size), {
    from: 'Helm repository "r"',
    only,
    onChart: (name, entries) => (charts[name] = entries),
  });
  return { charts, unreadable };
}

const DIGEST = 'a'.repeat(64);
const AS_HELM_WRITES = `apiVersion: v1
entries:
  3scale:
  - annotations:
      artifacthub.io/images: |
        - name: version
        entries:
          image: x
      slipway.dev/layer: addon
    apiVersion: v2
    appVersion: 2.0.0
    created: "2026-11-01T10:00:00Z"
    deprecated: true
    description: 'A thing: "quoted"
      and folded'
    digest: ${DIGEST}
    maintainers:
    - name: somebody
      version: 9.9.9
    name: 3scale
    urls:
    - https://charts.example.org/3scale-1.2.3.tgz
    version: 1.2.3
  - name: 3scale
    urls:
    - 3scale-1.0.0.tgz
    version: 1.0.0
  web:
  - name: web
    urls: [web.tgz]
    version: 1.10
generated: "2026-11-01T10:00:00Z"
`;

test.each([1, 7, 64, 100_000])('an index as helm writes it, in pieces of %i bytes', async (size) => {
  const { charts, unreadable } = await read(AS_HELM_WRITES, { size });
  expect(unreadable).toBe(0);
  expect(Object.keys(charts)).toEqual(['3scale', 'web']);
  expect(charts['3scale']).toEqual([
    {
      version: '1.2.3',
      urls: ['https://charts.example.org/3scale-1.2.3.tgz'],
      digest: `sha256:${DIGEST}`,
      appVersion: '2.0.0',
      created: '2026-11-01T10:00:00Z',
      deprecated: true,
      description: 'A thing: "quoted" and folded',
      annotations: { 'slipway.dev/layer': 'addon' },
    },
    { version: '1.0.0', urls: ['3scale-1.0.0.tgz'] },
  ]);
});

test('one chart of it, and no more is read than that', async () => {
  let taken = 0;
  async function* counted(): AsyncIterable<Uint8Array> {
    for await (const piece of pieces(AS_HELM_WRITES + `  filler:\n${'  - {version: 1.0.0}\n'.repeat(10_000)}`, 200)) {
      taken += piece.length;
      yield piece;
    }
  }
  const found: string[] = [];
  await readHelmIndex(counted(), { from: 'x', only: '3scale', onChart: (name, entries) => found.push(`${name} ${entries.length}`) });
  expect(found).toEqual(['3scale 2']);
  expect(taken).toBeLessThan(1400);
});

test('other styles: JSON, braces, lists further in, quoted names, comments, Windows line ends', async () => {
  const index = { apiVersion: 'v1', entries: { web: [{ version: '1.0.0', urls: ['a.tgz'] }], 'a b': [{ version: '2.0.0', urls: [] }] } };
  const expected = { web: [{ version: '1.0.0', urls: ['a.tgz'] }], 'a b': [{ version: '2.0.0', urls: [] }] };
  for (const text of [
    JSON.stringify(index),
    JSON.stringify(index, null, 2),
    stringify(index),
    stringify(index, { indentSeq: false }),
    stringify(index, { collectionStyle: 'flow' }),
    `entries: {web: [{version: 1.0.0, urls: [a.tgz]}], a b: [{version: 2.0.0}]}`,
    `# one\nentries: # all\n    "web": # first\n        - {version: 1.0.0, urls: [a.tgz]}\n    'a b':\n        -   version: 2.0.0\n`,
    stringify(index).replaceAll('\n', '\r\n'),
  ])
    expect((await read(text)).charts, text).toEqual(expected);
  expect((await read('entries: {}\n')).charts).toEqual({});
});

test('what cannot be read of it is counted, and the rest is there', async () => {
  const { charts, unreadable } = await read(
    `entries:\n  web:\n  - version: 1.0.0\n  - nothing: here\n  - "just text"\n  - version: *alias\n  - version: 2.0.0\n`,
  );
  expect(charts['web']?.map(({ version }) => version)).toEqual(['1.0.0', '2.0.0']);
  expect(unreadable).toBe(3);
});

test.each([
  ['not YAML', 'entries: [}', /is not YAML/],
  ['something else', 'hello: world\n', /is not the index of a Helm repository/],
  ['a web page', '<!doctype html><html></html>', /not/],
  ['a line without end', `entries:\n  web:\n  - version: ${'x'.repeat(2_000_000)}`, /a line of more than/],
  [
    'aliases of aliases',
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nentries: {w: [*c,*c,*c,*c]}`,
    /not YAML/,
  ],
])('%s is refused', async (_what, text, expected) => {
  await expect(read(text, { size: 65_536 })).rejects.toThrow(expected);
});

test('ten thousand versions with long annotations are read in little memory and without holding others up', async () => {
  const item = (index: number) =>
    `  - annotations:\n      readme: |\n${'        lorem ipsum dolor sit amet\n'.repeat(60)}    digest: ${DIGEST}\n    urls:\n    - web-1.0.${index}.tgz\n    version: 1.0.${index}\n`;
  async function* large(): AsyncIterable<Uint8Array> {
    yield Buffer.from('apiVersion: v1\nentries:\n  web:\n');
    for (let index = 0; index < 10_000; index++) yield Buffer.from(item(index));
  }
  let longest = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - before);
    before = performance.now();
  }, 5);
  const heap = process.memoryUsage().heapUsed;
  let count = 0;
  await readHelmIndex(large(), { from: 'x', onChart: (_name, entries) => (count = entries.length) });
  clearInterval(timer);
  expect(count).toBe(10_000);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(150 * 1024 * 1024);
  // A whole parse of these 17 MB holds the event loop for many seconds.
  expect(longest).toBeLessThan(1500);
}, 60_000);
