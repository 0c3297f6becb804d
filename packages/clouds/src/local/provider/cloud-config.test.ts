import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { parseBootstrapData } from './cloud-config.ts';

const meta = { local_hostname: 'dev-x1', instance_id: 'dev-x1', local_ipv4: '10.88.0.9' };
const jinja = (body: string) => `## template: jinja\n#cloud-config\n${body}`;

test('files, boot commands and commands of the kubeadm provider', () => {
  const data = parseBootstrapData(
    jinja(`
write_files:
-   path: /etc/kubernetes/pki/ca.key
    owner: root:root
    permissions: '0600'
    content: |
      KEY
-   path: /run/kubeadm/kubeadm.yaml
    permissions: '0640'
    content: |
      name: '{{ ds.meta_data.local_hostname }}'
      ip: {{ds.meta_data.local_ipv4}}
bootcmd:
  - [ cloud-init-per, once, "it's" ]
runcmd:
  - 'kubeadm init --config /run/kubeadm/kubeadm.yaml && echo success > /run/cluster-api/bootstrap-success.complete'
`),
    meta,
  );
  expect(data.files.map((file) => [file.path, file.mode.toString(8), file.content.toString()])).toEqual([
    ['/etc/kubernetes/pki/ca.key', '600', 'KEY\n'],
    ['/run/kubeadm/kubeadm.yaml', '640', "name: 'dev-x1'\nip: 10.88.0.9\n"],
  ]);
  expect(data.commands[0]).toBe(String.raw`'cloud-init-per' 'once' 'it'\''s'`);
  expect(data.commands[1]).toContain('kubeadm init');
});

test.each(['base64', 'b64', 'gzip+base64', 'gz+b64'])('encoding %s', (encoding) => {
  const plain = Buffer.from([0, 1, 2, 255]);
  const content = (encoding.startsWith('gz') ? gzipSync(plain) : plain).toString('base64');
  const data = parseBootstrapData(`#cloud-config\nwrite_files: [{path: /x, encoding: ${encoding}, content: ${content}}]`, {});
  expect(data.files[0]?.content).toEqual(plain);
});

test('what is not supported is refused by name, and values are never quoted', () => {
  const secret = 'c2VjcmV0';
  const attempts = [
    jinja(`users: [{name: ${secret}}]`),
    jinja(`write_files: [{path: /x, content: ${secret}, surprise: ${secret}}]`),
    jinja(`write_files: [{path: relative, content: ${secret}}]`),
    jinja(`write_files: [{path: /x, encoding: rot13, content: ${secret}}]`),
    jinja(`runcmd: [{a: ${secret}}]`),
    jinja(`a: "{{ ds.meta_data.nope }} ${secret}"`),
    jinja(`a: "{% if x %}${secret}"`),
    jinja(`a: [${secret}\n  b: {`),
    `runcmd: [${secret}]`,
  ];
  for (const attempt of attempts) {
    let message = '';
    try {
      parseBootstrapData(attempt, meta);
    } catch (error) {
      message = (error as Error).message;
    }
    expect(message, attempt).not.toBe('');
    expect(message).not.toContain(secret);
  }
  expect(() => parseBootstrapData(attempts[0]!, meta)).toThrow(/unknown "users"/);
  expect(() => parseBootstrapData(attempts[5]!, meta)).toThrow(/ds\.meta_data\.nope/);
});

test('without the jinja header braces are ordinary text', () => {
  const data = parseBootstrapData('#cloud-config\nruncmd: ["echo {{ .Go }}"]', {});
  expect(data.commands).toEqual(['echo {{ .Go }}']);
});
