import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkConstraints, type ConstrainedLayer, type ConstraintInput } from './constraints.ts';
import { type PackConstraints, packConstraintsSchema } from './metadata.ts';
import { inRange } from './version-range.ts';

function layer(name: string, version: string, constraints: object = {}, more: Partial<ConstrainedLayer> = {}): ConstrainedLayer {
  const parsed: PackConstraints = packConstraintsSchema.parse(constraints);
  return { name, type: 'addon', field: `layers.${name}`, pack: { name, version }, constraints: parsed, ...more };
}
const known = (pack: string, ...versions: string[]) => ({ [pack]: versions.map((version) => ({ version })) });
const check = (layers: ConstrainedLayer[], more: Partial<ConstraintInput> = {}) =>
  checkConstraints({ layers, ...more }).map(({ field, message }) => `${field}: ${message}`);
const needs = (pack: string, version: string, type = 'required', extra: object = {}) => ({
  dependencies: [{ pack, version, type, ...extra }],
});

describe('constraints', () => {
  it('blame the layer that needs what is not there, and say which version would do', () => {
    expect(check([layer('web', '1.0.0', needs('certs', '>=1.13'))], { known: known('certs', '1.12.0', '1.14.2', '1.13.1') })).toEqual([
      'layers.web: layer "web" (web 1.0.0) needs a layer with the pack certs >=1.13, and there is none; add it: certs 1.14.2 would do',
    ]);
    expect(check([layer('web', '1.0.0', needs('certs', '*', 'required', { layer: 'csi' })), layer('certs', '1.0.0')])).toEqual([
      'layers.web: layer "web" (web 1.0.0) needs a layer of type csi with the pack certs, and there is none; add it',
    ]);
  });

  it('blame the layer of the wrong version, and advise one that suits everybody who asks', () => {
    const layers = [
      layer('web', '1.0.0', needs('certs', '>=1.13')),
      layer('api', '2.0.0', needs('certs', '<1.15', 'optional')),
      layer('certs', '1.12.0'),
    ];
    expect(check(layers, { known: known('certs', '1.12.0', '1.14.2', '1.16.0') })).toEqual([
      'layers.certs: layer "certs" (certs 1.12.0) does not suit layer "web" (web 1.0.0), which needs certs >=1.13; certs 1.14.2 would do',
    ]);
    expect(check(layers, { known: known('certs', '1.12.0', '1.16.0') })).toEqual([
      expect.stringContaining('; no known version of certs is in >=1.13, <1.15'),
    ]);
  });

  it('one of several layers of a pack is enough for what is required; every one counts for what is optional or in conflict', () => {
    const two = [layer('certs', '1.12.0'), layer('certs', '1.14.0', {}, { name: 'certs2', field: 'layers.certs2' })];
    expect(check([layer('web', '1.0.0', needs('certs', '>=1.13')), ...two])).toEqual([]);
    expect(check([layer('web', '1.0.0', needs('certs', '>=1.13', 'optional')), ...two])).toHaveLength(1);
    expect(check([layer('web', '1.0.0', needs('certs', '<2', 'conflicts')), ...two])).toHaveLength(2);
    expect(check([layer('web', '1.0.0', needs('certs', '>=1.13', 'optional'))])).toEqual([]);
  });

  it('name a conflict at the layer that is in the way', () => {
    expect(
      check([layer('web', '1.0.0', needs('mesh', '<2', 'conflicts')), layer('mesh', '1.5.0')], { known: known('mesh', '1.5.0', '2.1.0') }),
    ).toEqual([
      'layers.mesh: layer "mesh" (mesh 1.5.0) conflicts with layer "web" (web 1.0.0), which does not work with mesh <2; mesh 2.1.0 would do',
    ]);
  });

  it('Kubernetes, cloud, architecture and the way of an upgrade', () => {
    const other = {
      web: [
        { version: '1.1.0', constraints: { kubernetes: '>=1.35' } },
        { version: '1.2.0', constraints: { kubernetes: '>=1.36' } },
      ],
    };
    const web = layer('web', '1.0.0', { kubernetes: '<1.35' });
    expect(check([web], { kubernetesVersion: 'v1.35.4', known: other })).toEqual([
      'layers.web: layer "web" (web 1.0.0) needs Kubernetes <1.35, not v1.35.4; web 1.1.0 would do',
    ]);
    expect(check([web])).toEqual([]);
    const places = [layer('web', '1.0.0', { clouds: ['aws', 'azure'], architectures: ['amd64'] })];
    expect(check(places, { cloud: 'local', architectures: ['amd64', 'arm64'] })).toEqual([
      'layers.web: layer "web" (web 1.0.0) works on aws, azure, not on local; use another pack, or another cloud',
      'layers.web: layer "web" (web 1.0.0) runs on machines of amd64, and the cluster has arm64; use another pack or other machines',
    ]);
    expect(check(places, { cloud: 'any', architectures: ['amd64'] })).toEqual([]);
    const moved = [layer('web', '3.0.0', { upgradeFrom: '^2' }, { previous: '1.4.0' })];
    expect(
      check(moved, {
        known: {
          web: [
            { version: '2.2.0', constraints: { upgradeFrom: '^1' } },
            { version: '2.9.0', constraints: { upgradeFrom: '^2' } },
          ],
        },
      }),
    ).toEqual(['layers.web: layer "web" (web 3.0.0) can be reached from ^2 only, and the cluster has 1.4.0; go to 2.2.0 first']);
  });

  it('resources are the stated minimum, or what the components ask for by the values, for replicas and nodes', () => {
    const capacity = { cpu: 4, memory: 8 * 2 ** 30, controlPlanes: 1, workers: 3 };
    expect(check([layer('web', '1.0.0', { resources: { cpu: '4500m', memory: '2Gi' } })], { capacity })).toEqual([
      'layers.web: layer "web" (web 1.0.0) needs 4.5 of cpu, and all nodes together have 4; add nodes, take larger ones, or lower what the layer asks for',
    ]);
    const components = [
      { resource: 'memory', request: 'server.memory', replicas: 'server.replicas' },
      { resource: 'memory', request: 'agent.memory', perNode: 'all' },
    ];
    const values = { server: { memory: '2Gi', replicas: 3 }, agent: { memory: '1Gi' } };
    expect(check([layer('db', '1.0.0', { resources: { memory: '100Gi', components } }, { values })], { capacity })).toEqual([
      expect.stringContaining('needs 10Gi of memory, and all nodes together have 8Gi'),
    ]);
    expect(check([layer('db', '1.0.0', { resources: { memory: '100Gi', components } }, { values: {} })], { capacity })).toEqual([]);
  });

  it('advice, when followed, mends what it was given for', () => {
    const version = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(5)).map(([major, minor]) => `${major}.${minor}.0`);
    const range = fc.tuple(fc.constantFrom('>=', '<', '^', '~', '!='), version).map(([sign, of]) => `${sign}${of}`);
    const type = fc.constantFrom('required', 'optional', 'conflicts');
    fc.assert(
      fc.property(
        fc.option(version, { nil: undefined }),
        range,
        type,
        fc.array(version, { minLength: 1, maxLength: 6 }),
        (has, asked, kind, versions) => {
          const layers = [layer('web', '1.0.0', needs('certs', asked, kind)), ...(has === undefined ? [] : [layer('certs', has)])];
          const causes = check(layers, { known: known('certs', ...versions) });
          const fine = has === undefined ? kind !== 'required' : inRange(has, asked) === (kind !== 'conflicts');
          expect(causes.length === 0).toBe(fine);
          const [, advised] = /certs (\S+) would do/.exec(causes[0] ?? '') ?? [];
          if (advised !== undefined)
            expect(check([layer('web', '1.0.0', needs('certs', asked, kind)), layer('certs', advised)])).toEqual([]);
          else if (!fine) expect(versions.some((one) => inRange(one, asked) === (kind !== 'conflicts'))).toBe(false);
        },
      ),
    );
  });
});
