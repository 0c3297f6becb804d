import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@slipway/kit';
import { projectKind, registryKinds } from '@slipway/model';
import { testTool } from '@slipway/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kubeconfigOf, startTestHub, type TestHub } from './testing/test-hub.ts';

/** Terraform's language and provider protocol by OpenTofu, and the provider that applies manifests as kubectl does. Both from this machine: nothing is downloaded. */
const projectRegistries = registryKinds.at('project');

describe('Terraform against the hub', { timeout: 240_000 }, () => {
  let test: TestHub;
  let folder: string;
  let env: NodeJS.ProcessEnv;

  const tofu = (...args: string[]) => run(testTool('test-tofu'), args, { env, cwd: folder, timeoutMs: 200_000 });
  const configure = (registry: { url: string; team: string; more?: string }) =>
    writeFile(
      join(folder, 'main.tf'),
      `terraform {
  required_providers {
    kubectl = {
      source  = "gavinbunney/kubectl"
      version = "1.19.0"
    }
  }
}

provider "kubectl" {
  config_path      = "${join(test.home, 'kubeconfig')}"
  load_config_file = true
}

resource "kubectl_manifest" "project" {
  yaml_body = <<-YAML
    apiVersion: slipway.dev/v1
    kind: Project
    metadata:
      name: terra
      labels: {team: ${registry.team}}
    spec:
      displayName: Made by Terraform
  YAML
}

resource "kubectl_manifest" "charts" {
  depends_on        = [kubectl_manifest.project]
  server_side_apply = true
  yaml_body = <<-YAML
    apiVersion: slipway.dev/v1
    kind: ProjectRegistry
    metadata:
      name: charts
      namespace: terra
    spec:
      type: helm
      url: ${registry.url}
      credentials: {type: basic, username: me, password: hunter2}
  YAML
  sensitive_fields = ["spec.credentials.password"]
}
${registry.more ?? ''}`,
    );

  beforeAll(async () => {
    test = await startTestHub();
    folder = join(test.home, 'terraform');
    // A mirror on the disk, as air-gapped installations have one.
    const provider = join(
      folder,
      `mirror/registry.opentofu.org/gavinbunney/kubectl/1.19.0/linux_${process.arch === 'arm64' ? 'arm64' : 'amd64'}`,
    );
    await mkdir(provider, { recursive: true });
    await symlink(testTool('test-terraform-provider'), join(provider, 'terraform-provider-kubectl_v1.19.0'));
    await writeFile(join(test.home, 'kubeconfig'), JSON.stringify(kubeconfigOf(test)), { mode: 0o600 });
    const settings = join(folder, 'tofu.rc');
    await writeFile(settings, `provider_installation {\n  filesystem_mirror {\n    path = "${join(folder, 'mirror')}"\n  }\n}\n`);
    env = { ...process.env, HOME: test.home, TF_CLI_CONFIG_FILE: settings, TF_IN_AUTOMATION: '1', CHECKPOINT_DISABLE: '1' };
  }, 120_000);
  afterAll(() => test?.stop());

  it('makes objects, finds nothing to do, changes one, repairs drift, and destroys', async () => {
    await configure({ url: 'https://charts.example.org/one', team: 'a' });
    await tofu('init', '-input=false', '-no-color');
    expect((await tofu('apply', '-auto-approve', '-input=false', '-no-color')).stdout).toContain('2 added');
    const project = () => test.client.get({ kind: projectKind, name: 'terra' });
    const charts = () => test.client.get({ kind: projectRegistries, project: 'terra', name: 'charts' });
    const made = await charts();
    expect([(await project()).metadata.labels, made.spec]).toMatchObject([{ team: 'a' }, { url: 'https://charts.example.org/one' }]);
    expect(made.metadata.managedFields).toMatchObject([{ manager: 'kubectl', operation: 'Apply' }]);
    // Exit code 0: nothing to change, the secret included, which nobody can read back.
    expect((await tofu('plan', '-input=false', '-no-color', '-detailed-exitcode')).stdout).toContain('No changes');
    expect((await charts()).metadata.generation).toBe(1);

    await configure({ url: 'https://charts.example.org/two', team: 'b' });
    expect((await tofu('apply', '-auto-approve', '-input=false', '-no-color')).stdout).toContain('0 added, 2 changed, 0 destroyed');
    expect([(await project()).metadata.labels, (await charts()).spec]).toMatchObject([
      { team: 'b' },
      { url: 'https://charts.example.org/two' },
    ]);

    // Drift in what Terraform declares is found and repaired; what somebody else added stays.
    await test.client.patch({ kind: projectKind, name: 'terra' }, { metadata: { labels: { team: 'stolen', cost: '7' } } });
    expect((await tofu('apply', '-auto-approve', '-input=false', '-no-color')).stdout).toContain('1 changed');
    expect((await project()).metadata.labels).toEqual({ team: 'b', cost: '7' });

    // A bad value comes with the hub's own words, and nothing of it is stored.
    await configure({ url: 'ftp://charts.example.org', team: 'b' });
    const refused = await tofu('apply', '-auto-approve', '-input=false', '-no-color').catch((error: Error) => error.message);
    expect(refused).toContain('spec.url');
    expect((await charts()).spec).toMatchObject({ url: 'https://charts.example.org/two' });

    expect((await tofu('destroy', '-auto-approve', '-input=false', '-no-color')).stdout).toContain('2 destroyed');
    await expect(project()).rejects.toMatchObject({ code: 'NotFound' });
  });
});
