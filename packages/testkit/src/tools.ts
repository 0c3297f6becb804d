import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SlipwayError } from '@slipway/kit';

/** Programs that tests against real Kubernetes need. `hyperkube` is the multi-call binary of distro/ (kube-apiserver, kubectl, … by argv[0]), `test-clients` Go programs that use the hub, `rsyslog` the unpacked package. */
export type TestTool = 'hyperkube' | 'etcd' | 'helm' | 'registry' | 'test-clients' | 'rsyslog';

/**
 * Path of a program of the toolchain, from the directory named by SLIPWAY_TEST_TOOLS (`./slipway test` sets it).
 * Throws `Host` when it is not there: a test that needs the real thing fails rather than passes without it.
 */
export function testTool(name: TestTool): string {
  const directory = process.env['SLIPWAY_TEST_TOOLS'];
  const path = directory === undefined ? undefined : join(directory, name);
  if (path !== undefined && existsSync(path)) return path;
  throw new SlipwayError('Host', `The program "${name}" that this test runs was not found${directory ? ` in ${directory}` : ''}.`, {
    hint: 'Run the tests by ./slipway test, or set SLIPWAY_TEST_TOOLS to a directory that holds hyperkube, etcd, helm and test-clients.',
  });
}
