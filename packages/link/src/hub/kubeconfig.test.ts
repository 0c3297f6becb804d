import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubeconfigFor } from './kubeconfig.ts';

/** What would end a value, begin another key or document, be another type, name an anchor or run something, if it were pasted into YAML. */
const HOSTILE = [
  'a"b',
  "a'b",
  'a: b',
  'a\nusers: []',
  'x\n---\napiVersion: v1',
  '- a',
  '{a: b}',
  '&a',
  '*a',
  '!!js/function "x"',
  '# no comment',
  'true',
  'null',
  '~',
  '0x10',
  '1e3',
  '  spaces  ',
  '\u0000',
  '\u0085',
  '\u2028',
  '\uFEFF',
  '\r\n',
  '\t',
  '{{ .Values }}',
  '$(id)',
  '../../x',
  'a/b?c#d',
  '%2e%2e',
  '<<',
  'x'.repeat(5000),
];

/** A kubeconfig is a program for kubectl: an entry that somebody's name puts into it could run a command on another's machine (`exec`) or send their token elsewhere. */
describe('injection: a kubeconfig', () => {
  const check = (name: string): void => {
    const input = {
      hubUrl: 'https://hub.example:7443/',
      hubCa: 'PEM',
      tenant: name,
      project: name,
      cluster: name,
      user: name,
      token: name,
    };
    const text = kubeconfigFor(input);
    expect(parseAllDocuments(text)).toHaveLength(1);
    const config = parse(text);
    const context = `${name}/${name}`;
    const cluster = { server: config.clusters[0].cluster.server, 'certificate-authority-data': Buffer.from('PEM').toString('base64') };
    expect(config).toEqual({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': context,
      clusters: [{ name: context, cluster }],
      users: [{ name: `slipway:${name}`, user: { token: name } }],
      contexts: [{ name: context, context: { cluster: context, user: `slipway:${name}` } }],
    });
    const url = new URL(cluster.server);
    expect([url.origin, url.username, url.password, url.search, url.hash]).toEqual(['https://hub.example:7443', '', '', '', '']);
    const steps = url.pathname.split('/');
    expect(steps).toHaveLength(11);
    expect(steps.at(-1)).toBe('proxy');
  };

  it.each(HOSTILE)('with names, tenant and token %j is one cluster, one user and one context at this hub, and nothing else', check);

  it('nor by any other name', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text !== '.' && text !== '..' && text.isWellFormed());
    fc.assert(fc.property(name, check), { numRuns: 500 });
  });
});
