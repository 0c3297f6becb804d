import { join, resolve } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { describe, expect, it } from 'vitest';
import { judgeAudit, readExceptions } from './advisories.ts';
import { npmComponents } from './notices.ts';
import { packageUrl, renderSbom, requirementsOf, shippedComponents, unacceptable } from './sbom.ts';

const root = resolve(import.meta.dirname, '../../..');
const product = { name: 'slipway', version: '0.1.0' };

describe('the SBOM', () => {
  it('is valid CycloneDX 1.6, and holds what is shipped: npm packages, Go modules, Debian packages', async () => {
    const components = await shippedComponents(root);
    const bom = renderSbom(product, components) as { components: { purl: string }[]; serialNumber: string };
    const problems = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(JSON.stringify(bom));
    expect(problems, JSON.stringify(problems)).toBeNull();
    const purls = bom.components.map(({ purl }) => purl);
    expect(new Set(purls).size).toBe(purls.length);
    for (const wanted of [
      'pkg:npm/fastify@',
      'pkg:npm/%40grpc/grpc-js@',
      'pkg:golang/k8s.io/kubernetes@v1.35.4',
      'pkg:golang/sigs.k8s.io/cluster-api@',
      'pkg:deb/debian/iptables?',
    ])
      expect(
        purls.filter((purl) => purl.startsWith(wanted)),
        wanted,
      ).not.toEqual([]);
    expect(purls.filter((purl) => purl.includes('vitest'))).toEqual([]);
    // Every package of the lock file that is installed for production.
    for (const component of await npmComponents(root)) expect(purls).toContain(packageUrl(component));
    expect(renderSbom(product, components.toReversed()), 'the same components, the same document').toEqual(bom);
  });

  it('the validator sees a mistake', async () => {
    const bom = { ...renderSbom(product, []), components: [{ type: 'library' }] };
    expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(JSON.stringify(bom))).not.toBeNull();
  });

  it('reads a go.mod, replacements included', () => {
    const text = `module x.dev/y\n\ngo 1.26.0\n\nrequire go.etcd.io/etcd/server/v3 v3.6.8\n\nrequire (\n\tgithub.com/a/b v1.0.0 // indirect\n\tk8s.io/api v0.0.0\n)\n\nreplace (\n\tk8s.io/api => k8s.io/api v0.35.4\n)\n`;
    expect(requirementsOf(text)).toEqual([
      { name: 'go.etcd.io/etcd/server/v3', version: 'v3.6.8' },
      { name: 'github.com/a/b', version: 'v1.0.0' },
      { name: 'k8s.io/api', version: 'v0.35.4' },
    ]);
  });
});

it('ships nothing under a licence that nobody agreed to', async () => {
  expect(unacceptable(await npmComponents(root))).toEqual([]);
  expect(unacceptable((await shippedComponents(root)).filter(({ licence }) => licence !== 'see text'))).toEqual([]);
  const other = (licence: string) => unacceptable([{ ecosystem: 'npm', name: 'x', version: '1', licence }]);
  for (const fine of ['MIT', 'MIT OR GPL-3.0', '(MIT AND Apache-2.0)']) expect(other(fine), fine).toEqual([]);
  for (const wrong of ['GPL-3.0', 'MIT AND AGPL-3.0', 'MPL-2.0', 'see text', 'BUSL-1.1', '']) expect(other(wrong), wrong).toHaveLength(1);
});

describe('known weaknesses', () => {
  const advisory = (severity: string, id = 'GHSA-aaaa-bbbb-cccc') => ({
    url: `https://github.com/advisories/${id}`,
    title: 'ReDoS',
    severity,
  });
  const report = (...via: unknown[]) =>
    JSON.stringify({ vulnerabilities: { left: { severity: 'high', via }, right: { severity: 'high', via: ['left'] } } });
  const exception = { id: 'GHSA-aaaa-bbbb-cccc', reason: 'only reached with texts of our own', expires: '2026-12-31' };

  it('that are high or critical count, until their exception has ended with a reason and a day', () => {
    expect(judgeAudit(report(advisory('moderate')), [], '2026-11-21')).toEqual({ state: 'asked', bad: [], excused: [] });
    expect(judgeAudit(report(advisory('high')), [], '2026-11-21')).toMatchObject({ bad: ['left: GHSA-aaaa-bbbb-cccc (high) ReDoS'] });
    expect(judgeAudit(report(advisory('critical')), [exception], '2026-11-21')).toMatchObject({
      bad: [],
      excused: [expect.stringContaining('only reached')],
    });
    expect(judgeAudit(report(advisory('critical')), [exception], '2026-12-31')).toMatchObject({
      bad: [expect.stringContaining('ended on 2026-12-31')],
    });
  });

  it('that could not be asked for are told as such, never as none', () => {
    const refused = '{"message": "405 Method Not Allowed - POST https://registry.example/-/npm/v1/security/advisories/bulk"}';
    expect(judgeAudit(refused, [], '2026-11-21')).toMatchObject({ state: 'not asked', why: expect.stringContaining('405') });
    expect(judgeAudit('', [], '2026-11-21')).toMatchObject({ state: 'not asked' });
  });

  it('have exceptions that can be read', async () => {
    expect(Array.isArray(await readExceptions(root))).toBe(true);
    await expect(readExceptions(join(root, 'docs'))).rejects.toThrow('audit-exceptions.json');
  });
});
