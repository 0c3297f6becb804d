import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';

/**
 * Programs that tests against real Kubernetes need. `hyperkube` is the multi-call binary of distro/ (kube-apiserver, kubectl, … by argv[0]), `test-clients` and
 * `test-argocd` Go programs that use the hub, `test-cosign` cosign as it is, `test-tofu` and `test-terraform-provider` OpenTofu and the provider that applies manifests, `rsyslog` the unpacked package, `schemathesis` a program of Python (test/python).
 */
export type TestTool =
  | 'hyperkube'
  | 'etcd'
  | 'helm'
  | 'registry'
  | 'test-clients'
  | 'test-argocd'
  | 'test-tofu'
  | 'test-terraform-provider'
  | 'test-cosign'
  | 'rsyslog'
  | 'schemathesis';

/**
 * Path of a program of the toolchain, from the directory named by SLIPWAY_TEST_TOOLS (`./slipway test` sets it).
 * Throws `Host` when it is not there: a test that needs the real thing fails rather than passes without it.
 */
export function testTool(name: TestTool): string {
  const directory = process.env['SLIPWAY_TEST_TOOLS'];
  const path = directory === undefined ? undefined : join(directory, name);
  if (path !== undefined && existsSync(path)) return path;
  if (path !== undefined && existsSync(`${path}.missing`)) {
    // Who prepared the directory left word why.
    throw new SlipwayError(
      'Host',
      `The program "${name}" that this test runs could not be had: ${readFileSync(`${path}.missing`, 'utf8').trim()}`,
    );
  }
  throw new SlipwayError('Host', `The program "${name}" that this test runs was not found${directory ? ` in ${directory}` : ''}.`, {
    hint: 'Run the tests by ./slipway test, or set SLIPWAY_TEST_TOOLS to a directory that holds what it makes.',
  });
}
