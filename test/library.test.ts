import { glob, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CATALOGUE } from '@slipway/forge';
import { run } from '@slipway/kit';
import { applyPreset, packMetadataSchema } from '@slipway/model';
import { archiveOfPath, lintPack, readPack } from '@slipway/packs';
import { testTool } from '@slipway/testkit';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('..', import.meta.url));
const packs: string[] = [];
for await (const file of glob('packs/*/Chart.yaml', { cwd: root })) packs.push(dirname(file));
packs.sort();

const read = (path: string) => readFile(join(root, path), 'utf8');
const KUBERNETES = ['1.35.4', '1.36.3'];
/** Containers that must be root on the node, and why its README says so. */
const ROOT_CONTAINERS = new Set(['packs/flannel flanneld', 'packs/flannel configurator']);
/** Made before packs could say more than Chart.yaml does; a version that is used stays as it is. */
const WITHOUT_METADATA = new Set(['packs/local-path-storage', 'packs/metrics-server']);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources?: { readonly requests?: object; readonly limits?: { readonly memory?: string } };
  readonly securityContext?: Readonly<Record<string, any>>;
}
interface PodSpec {
  readonly securityContext?: Readonly<Record<string, any>>;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

async function render(pack: string, values: Record<string, unknown>, kubernetes: string): Promise<any[]> {
  const args = ['template', 'release', join(root, pack), '--namespace', 'there', '--kube-version', kubernetes, '--values', '-'];
  const { stdout } = await run(testTool('helm'), args, { stdin: JSON.stringify(values) });
  return parseAllDocuments(stdout).flatMap((document) => document.toJS() ?? []);
}

const podSpecs = (objects: readonly any[]): PodSpec[] =>
  objects.flatMap((object) => {
    const spec = object.kind === 'Pod' ? object.spec : object.spec?.template?.spec;
    return spec?.containers ? [spec] : [];
  });
const containersOf = (pod: PodSpec) => [...pod.containers, ...(pod.initContainers ?? [])];

const madeImages = new Set(
  CATALOGUE.flatMap(({ recipe }) =>
    recipe.type === 'image'
      ? recipe.images.flatMap((image) => image.names)
      : recipe.type === 'program-image' && recipe.tag
        ? [`${recipe.repository}:${recipe.tag}`]
        : [],
  ),
);

async function metadataOf(pack: string) {
  return packMetadataSchema.parse(WITHOUT_METADATA.has(pack) ? {} : parse(await read(`${pack}/slipway.yaml`)));
}

describe.each(packs)('%s', (pack) => {
  it('has a chart helm has nothing against, a schema that knows every value, and a README that explains them', async () => {
    const values = parse(await read(`${pack}/values.yaml`)) as Record<string, unknown>;
    const lint = await run(testTool('helm'), ['lint', '--strict', join(root, pack)]);
    expect(lint.stdout).toContain('0 chart(s) failed');
    await expect(render(pack, { nonsense: true }, '1.35.4')).rejects.toThrow(/nonsense/);
    const readme = await read(`${pack}/README.md`);
    for (const name of Object.keys(values)) expect(readme, `the README says nothing of ${name}`).toContain(`\`${name}`);
    for (const { name } of (await metadataOf(pack)).presets)
      expect(readme, `the README says nothing of preset ${name}`).toContain(`\`${name}\``);
  });

  it('renders for every Kubernetes version and preset, with images that the toolchain makes and the metadata names', async () => {
    const metadata = await metadataOf(pack);
    const own = parse(await read(`${pack}/values.yaml`)) as Record<string, unknown>;
    const choices = [{}, ...metadata.presets.map((preset) => applyPreset(own, {}, preset))];
    const images = new Set<string>();
    for (const kubernetes of KUBERNETES)
      for (const choice of choices) {
        const objects = await render(pack, choice, kubernetes);
        expect(objects.length).toBeGreaterThan(0);
        for (const pod of podSpecs(objects)) for (const { image } of containersOf(pod)) images.add(image);
      }
    for (const image of images) expect(madeImages).toContain(image);
    if (!WITHOUT_METADATA.has(pack)) expect([...images].toSorted()).toEqual(metadata.images.toSorted());
  }, 60_000);

  it('runs without rights it does not need: not root, nothing written to the image, no capabilities, and it says what it needs', async () => {
    for (const pod of podSpecs(await render(pack, {}, '1.36.3')))
      for (const container of containersOf(pod)) {
        const { securityContext: own = {}, resources } = container;
        const what = `${pack} ${container.name}`;
        expect(own, what).toMatchObject({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
        expect(own['privileged'], what).toBeUndefined();
        expect((own['seccompProfile'] ?? pod.securityContext?.['seccompProfile'])?.type, what).toBe('RuntimeDefault');
        if (ROOT_CONTAINERS.has(what)) expect(own['runAsUser']).toBe(0);
        else expect(own['runAsNonRoot'] ?? pod.securityContext?.['runAsNonRoot'], what).toBe(true);
        expect(Object.keys(resources?.requests ?? {}).toSorted(), what).toEqual(['cpu', 'memory']);
        expect(resources?.limits?.memory, what).toBeDefined();
      }
  });

  it('is a pack that Slipway itself has nothing to say against', async () => {
    const info = await readPack(await archiveOfPath(join(root, pack)));
    expect(info.metadata.layer).toBeDefined();
    const withoutImages = WITHOUT_METADATA.has(pack) || pack === 'packs/admission-baseline';
    expect((await lintPack(info)).filter(({ field }) => !(withoutImages && field === 'images'))).toEqual([]);
  });

  it('is in the table of docs/library.md as it is', async () => {
    const chart = parse(await read(`${pack}/Chart.yaml`)) as { name: string; version: string; appVersion: string };
    const { images, presets } = await metadataOf(pack);
    const row = (await read('docs/library.md')).split('\n').find((line) => line.startsWith(`| [${chart.name}](`));
    expect(row, `docs/library.md has no row for ${chart.name}`).toBeDefined();
    for (const word of [chart.version, chart.appVersion, ...images, ...presets.map(({ name }) => name)]) expect(row).toContain(word);
  });
});
