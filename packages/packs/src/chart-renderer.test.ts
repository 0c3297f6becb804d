import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '@slipway/kit';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packChart } from './chart-archive.ts';
import { createChartRenderer } from './chart-renderer.ts';
import { createHelm, type Helm } from './helm.ts';

const file = (name: string, text: string) => ({ name, data: Buffer.from(text) });
const chart = (name: string, templates: Readonly<Record<string, string>>) =>
  packChart(name, [
    file('Chart.yaml', `apiVersion: v2\nname: ${name}\nversion: 1.0.0\n`),
    file('values.yaml', 'replicas: 1\n'),
    ...Object.entries(templates).map(([path, text]) => file(`templates/${path}`, text)),
  ]);

const config = `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-config, namespace: {{ .Release.Namespace }} }
data: { replicas: {{ .Values.replicas | quote }}, kubernetes: {{ .Capabilities.KubeVersion.Version | quote }} }
`;

describe('rendering charts for plans', () => {
  let dir: string;
  let runs = 0;
  const blobs = new Map<string, Buffer>();
  const put = (data: Buffer): string => {
    const digest = `sha256:${sha256Hex(data)}`;
    blobs.set(digest, data);
    return digest;
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-render-'));
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const renderer = () => {
    const helm = createHelm({ binary: testTool('helm'), workDir: join(dir, 'helm') });
    const counted: Pick<Helm, 'template'> = { template: (input) => (runs++, helm.template(input)) };
    return createChartRenderer({ helm: counted, blobs: { get: async (digest) => blobs.get(digest) }, workDir: dir });
  };
  const request = (digest: string, values = {}) => ({ digest, release: 'web', namespace: 'shop', values, kubernetesVersion: 'v1.35.4' });

  it('gives the objects with values, release and Kubernetes version filled in, and runs helm once for the same', async () => {
    const digest = put(chart('web', { 'config.yaml': config }));
    const render = renderer();
    runs = 0;
    const objects = await render.render(request(digest, { replicas: 3 }));
    expect(objects).toEqual([
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web-config', namespace: 'shop' },
        data: { replicas: '3', kubernetes: 'v1.35.4' },
      },
    ]);
    expect(await render.render(request(digest, { replicas: 3 }))).toBe(objects);
    expect(runs).toBe(1);
    await render.render(request(digest, { replicas: 4 }));
    expect(runs).toBe(2);
  });

  it('says in helm’s words what is wrong, and leaves no values behind', async () => {
    const digest = put(chart('bad', { 'bad.yaml': '{{ fail "replicas must be odd" }}' }));
    await expect(renderer().render(request(digest, { password: 'hunter2' }))).rejects.toThrow(/replicas must be odd/);
    expect((await readdir(join(dir, 'helm'))).filter((name) => name.startsWith('values-'))).toEqual([]);
    await expect(renderer().render(request('sha256:none'))).rejects.toThrow(/does not hold the chart/);
  });

  it('asks no cluster, and refuses what renders too much', async () => {
    const lookup = put(chart('lookup', { 'a.yaml': '{{ range (lookup "v1" "Secret" "" "").items }}\n---\nkind: Leak\n{{ end }}' }));
    expect(await renderer().render(request(lookup))).toEqual([]);
    const huge = put(
      chart('huge', { 'a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { a: {{ repeat 5000000 "a" }} }' }),
    );
    await expect(renderer().render(request(huge))).rejects.toThrow(/renders more than/);
  });
});
