import { expect, test } from 'vitest';
import { sayWhy, withoutTokens } from './bootstrap.ts';

test('a failure says its errors, in plain text', () => {
  const log = [
    '\u001B[0;37mCGROUPS_BLKIO\u001B[0m: \u001B[0;32menabled\u001B[0m',
    '[preflight] Some fatal errors occurred:',
    '\t[ERROR CRI]: could not connect to the container runtime',
    'error: error execution phase preflight: preflight checks failed',
    'To see the stack trace of this error execute with --v=5 or higher',
  ];
  expect(sayWhy(log)).toBe(
    '[ERROR CRI]: could not connect to the container runtime\nerror: error execution phase preflight: preflight checks failed',
  );
  expect(sayWhy(['a', '', 'b'])).toBe('a\nb');
});

test('tokens and keys do not get out', () => {
  const said = withoutTokens('kubeadm join 10.0.0.1:6443 --token abcdef.0123456789abcdef --certificate-key deadbeef --control-plane');
  expect(said).toBe('kubeadm join 10.0.0.1:6443 --token *** --certificate-key *** --control-plane');
});
