import { gunzipSync } from 'node:zlib';
import { SlipwayError } from '@slipway/kit';
import { inRange, isRange, readYaml } from '@slipway/model';
import { fuzzTemplate } from '../../packages/model/src/template/fuzz.ts';
import { readYamlTemplate } from '../../packages/model/src/template/yaml-text.ts';
import { CHART_LIMITS } from '../../packages/packs/src/chart-archive.ts';
import { openArchive } from '../../packages/packs/src/archive/open-archive.ts';
import { readTar } from '../../packages/packs/src/archive/read-tar.ts';
import { readLogo } from '../../packages/packs/src/logo.ts';
import { importPalettePack } from '../../packages/packs/src/palette/import-pack.ts';
import { translateReferences } from '../../packages/packs/src/palette/references.ts';
import { readRule } from '../../packages/packs/src/palette/schema-format.ts';
import { readPack } from '../../packages/packs/src/read-pack.ts';
import { archiveOf, chartEntry, fileEntry, paxEntry, tarEntry } from '../../packages/packs/src/testing/archives.ts';
import { chartPack, manifestPack, mixedPack } from '../../packages/packs/src/testing/palette-fixtures.ts';
import { mutateGzip, mutateTar } from './mutate-tar.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';

/** Something that reads what others wrote. */
export interface FuzzTarget {
  readonly name: string;
  /** How many of 100 inputs are for it. */
  readonly share: number;
  /** The next input, made of good ones. */
  readonly make: (random: Random) => Buffer;
  /** Throws for what must not happen; a `SlipwayError` with code Invalid or TooLarge is how an input is refused, and fine. */
  readonly run: (input: Buffer) => void | Promise<void>;
}

const CHART = `apiVersion: v2\nname: web\nversion: 1.2.3\nkubeVersion: ">=1.30.0-0"\nannotations:\n  slipway.dev/layer: addon\n  slipway.dev/presets: |\n    - {name: a, group: g, values: {b: 1}}\n`;
const SLIPWAY = `displayName: Web\nlogo: logo.svg\npresets:\n  - {name: a, group: g, values: {x: 1}, remove: ["y[0]"]}\nconstraints: {kubernetes: ">=1.30", dependencies: [{pack: x, version: "^1"}], resources: {cpu: 500m}}\nimages: [a/b:1]\n`;
const SVG =
  '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><defs><linearGradient id="g"/></defs><rect fill="url(#g)" width="4"/><use href="#g"/></svg>';
const nested = archiveOf(tarEntry('sub/', '5'), fileEntry('sub/Chart.yaml', 'apiVersion: v2\nname: sub\nversion: 0.1.0\n'));
const archives = [
  archiveOf(chartEntry),
  archiveOf(
    fileEntry('web/Chart.yaml', CHART),
    fileEntry('web/slipway.yaml', SLIPWAY),
    fileEntry('web/values.yaml', 'a: &a {b: [1, 2]}\nc: *a\n'),
    fileEntry('web/values.schema.json', '{"type":"object"}'),
    fileEntry('web/logo.svg', SVG),
    fileEntry('web/README.md', '# web'),
  ),
  archiveOf(chartEntry, fileEntry('web/charts/sub.tgz', nested), paxEntry({ path: 'web/templates/long.yaml' }), tarEntry('x', '0')),
  archiveOf(fileEntry('rules/slipway.yaml', 'name: rules\nversion: 1.0.0\n'), fileEntry('rules/a.yaml', 'kind: A\n')),
];
const tars = archives.map((archive) => gunzipSync(archive));

const texts = (...list: readonly string[]): Buffer[] => list.map((text) => Buffer.from(text));
const yamls = texts(
  CHART,
  SLIPWAY,
  "a: |\n  text\nb: >-\n  more\n? c\n: d\ne: \"x\\ty\"\nf: 'it''s'\n",
  '- [a, {b: c}]\n- !!str 1\n- &x y\n- *x\n',
  '%YAML 1.2\n---\na: 1\n...\n',
);
const YAML_WORDS = [
  '&a',
  '*a',
  '[',
  '{',
  '- ',
  '? ',
  ': ',
  '!!',
  '<<: ',
  '|',
  '>',
  '"',
  "'",
  '#',
  '---\n',
  '\t',
  '\n ',
  '__proto__',
  '.inf',
  '0x',
  ']',
  '}',
  '@',
  '\ufeff',
];
const references = texts(
  '{{ .spectro.macro.X | upper }}-{{.spectro.var.y}}',
  '{{ .spectro.pack.a.charts.b.c | default "x" }}',
  '{{ if .Values.x }}{{ end }}',
  '{{ required | format "${string:/^a+$/} - ${list:[a,b]}" | hints "a" "b" }}',
);
const REFERENCE_WORDS = ['{{', '}}', '.spectro.', 'macro.', '|', '"', '\\"', 'default', '${', '/', '[', ':', '-}}', '{{-'];
const templates = texts(
  'https://{{ .var.host | lower | default "x" }}:{{ .layer.db.values.auth["a.b"].port | int | add 1 }}/',
  'a: {{ .var.x }}\nb: "{{ .macro.key | b64enc | quote }}"\nc: [{{ .cluster.podCIDR | cidrSubnet 8 1 | cidrHost -2 }}]\n---\n{{ if .Values.x }}\n',
  '{{- .var.list | join "," | split "," | toJson | sha256 -}}{{ .cluster.name | replace "a" (.var.y | upper) | required "no" }}',
);
const TEMPLATE_WORDS = [
  '{{',
  '}}',
  '{{-',
  '-}}',
  '.var.',
  '.macro.',
  '.layer.a.values.',
  '.cluster.',
  '|',
  '(',
  ')',
  '"',
  '\\"',
  '`',
  '[0]',
  '["',
  'default',
  'replace',
  'cidrHost',
  '-1',
  '1e9',
  ...YAML_WORDS,
];
const ranges = texts('>=1.30.0-0 || ^2, <3 != 2.1', '1.2 - 1.4', 'v1.x', '~>1.2.3-rc.1+b');
const logos = [...texts(SVG), Buffer.from('89504e470d0a1a0a0000000d49484452000000400000004008060000', 'hex')];

/** Reads what a text is taken for, as a file of a pack of Palette. */
const palettes = [chartPack(), mixedPack(), manifestPack()];

/** Everything that is fuzzed. To add something: a name, its share, how inputs are made, what is done with them. */
export const targets: readonly FuzzTarget[] = [
  {
    name: 'tar',
    share: 35,
    make: (random) => mutateTar(random.pick(tars), random, tars),
    run: (input) => refuseEscapes(readTar(input, CHART_LIMITS)),
  },
  {
    name: 'archive',
    share: 15,
    make: (random) => mutateGzip(random.chance(3) ? random.pick(tars) : mutateTar(random.pick(tars), random, tars), random, archives),
    run: async (input) => {
      const opened = await openArchive(input, CHART_LIMITS);
      refuseEscapes(opened.files);
      const { name, manifests } = await readPack(input);
      if (/[/\\]|^\.\.?$/.test(name)) throw new Error(`a pack is called ${name}`);
      refuseEscapes(manifests);
    },
  },
  {
    name: 'pack content',
    share: 5,
    make: (random) => contentArchive(random),
    run: async (input) => {
      const info = await readPack(input);
      if (JSON.stringify(info).length > 64 * 1024 * 1024) throw new Error('what is known of a pack is larger than the pack');
      if (({} as { polluted?: unknown }).polluted !== undefined) throw new Error('a prototype was changed');
    },
  },
  {
    name: 'yaml',
    share: 10,
    make: (random) => mutate(random.pick(yamls), random, YAML_WORDS, yamls),
    run: (input) => void readYaml(input.toString('utf8'), 'it'),
  },
  {
    name: 'logo',
    share: 10,
    make: (random) =>
      mutate(random.pick(logos), random, ['<', '>', '/', '"', 'on', 'href=', 'url(', '<!--', '-->', '&#x', '<script', ' '], logos),
    run: refuseUnsafeLogos,
  },
  {
    name: 'palette reference',
    share: 12,
    make: (random) => mutate(random.pick(references), random, REFERENCE_WORDS, references),
    run: (input) => {
      translateReferences(input.toString('utf8'));
      readRule(input.toString('utf8'));
    },
  },
  { name: 'template', share: 40, make: (random) => mutate(random.pick(templates), random, TEMPLATE_WORDS, templates), run: fuzzTemplate },
  {
    name: 'template in YAML',
    share: 10,
    make: (random) => mutate(random.pick([...templates, ...yamls]), random, TEMPLATE_WORDS, yamls),
    run: (input) => void readYamlTemplate(input.toString('utf8')),
  },
  {
    name: 'version range',
    share: 12,
    make: (random) => mutate(random.pick(ranges), random, ['||', ',', '!=', '>=', '^', '~', '*', 'x', '-', '.', '999999999999'], ranges),
    run: (input) => {
      const text = input.toString('utf8');
      isRange(text);
      inRange('1.30.0', text);
      inRange(text, '>=1');
    },
  },
  {
    name: 'palette pack',
    share: 1,
    make: (random) => {
      const files = [...random.pick(palettes)].filter(([name]) => !name.endsWith('.tgz'));
      const [name, data] = random.pick(files);
      return Buffer.concat([
        Buffer.from(`${palettes.findIndex((pack) => pack.get(name) === data)}\n${name}\n`),
        mutate(
          data,
          random,
          [...YAML_WORDS, ...REFERENCE_WORDS],
          files.map(([, other]) => other),
        ),
      ]);
    },
    run: async (input) => {
      const [index = '0', name = '', ...rest] = input.toString('latin1').split('\n');
      const pack = new Map([...(palettes[Number(index)] ?? chartPack()), [name, Buffer.from(rest.join('\n'), 'latin1')]]);
      const { output } = await importPalettePack(pack);
      refuseEscapes(output?.files ?? []);
    },
  },
];

/** An archive whose frame is good and whose files are not. */
function contentArchive(random: Random): Buffer {
  const files: [string, Buffer][] = [
    ['Chart.yaml', Buffer.from(CHART)],
    ['slipway.yaml', Buffer.from(SLIPWAY)],
    ['values.yaml', Buffer.from('a: 1\nb: {c: [d]}\n')],
    ['values.schema.json', Buffer.from('{"type":"object","properties":{"a":{"type":"integer"}}}')],
    ['logo.svg', Buffer.from(SVG)],
  ];
  const broken = random.below(files.length);
  return archiveOf(
    ...files.map(([name, data], index) => fileEntry(`web/${name}`, index === broken ? mutate(data, random, YAML_WORDS, yamls) : data)),
  );
}

function refuseEscapes(files: readonly { readonly name: string }[]): void {
  for (const { name } of files) {
    const parts = name.split('/');
    if (name.startsWith('/') || /^[A-Za-z]:|\\|\0/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new Error(`a path leads out: ${JSON.stringify(name)}`);
  }
}

function refuseUnsafeLogos(input: Buffer): void {
  const logo = readLogo(input);
  if (!('uri' in logo) || !logo.uri.startsWith('data:image/svg')) return;
  const svg = Buffer.from(logo.uri.slice(logo.uri.indexOf(',') + 1), 'base64')
    .toString('utf8')
    .replace(/<!--[^]*?-->/g, '');
  if (/<script|<foreignObject|<!ENTITY|<style|<image/i.test(svg))
    throw new Error(`a logo that is not safe was taken: ${svg.slice(0, 300)}`);
}

export const isRefusal = (error: unknown): boolean =>
  error instanceof SlipwayError && (error.code === 'Invalid' || error.code === 'TooLarge');
