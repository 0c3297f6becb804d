import { expect, it } from 'vitest';
import { backendsOf, type BackendReads } from './backends.ts';
import type { EndpointSlice, Service } from './objects.ts';

const target = { namespace: 'shop', service: 'web', port: 'http' };
const service = (spec: NonNullable<Service['spec']>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop' },
  spec,
});
const slice = (
  endpoints: EndpointSlice['endpoints'],
  ports: NonNullable<EndpointSlice['ports']> = [{ name: 'http', port: 8080 }],
): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web-1', namespace: 'shop' },
  ...(endpoints !== undefined && { endpoints }),
  ports,
});
const reads = (of: Service | undefined, slices: readonly EndpointSlice[]): BackendReads => ({
  service: () => of,
  endpointSlices: () => slices,
});
const servers = (of: Service | undefined, ...slices: EndpointSlice[]) => backendsOf([target], reads(of, slices))[0]?.servers;
const http = service({ ports: [{ name: 'http', port: 80 }] });

it('are the ready pods behind the Service’s port, each once, in a fixed order', () => {
  const one = slice([
    { addresses: ['10.0.0.2'] },
    { addresses: ['10.0.0.1'], conditions: { ready: true } },
    { addresses: ['10.0.0.3'], conditions: { ready: false } },
  ]);
  expect(servers(http, one, slice([{ addresses: ['10.0.0.1'] }]))).toEqual([
    { address: '10.0.0.1', port: 8080 },
    { address: '10.0.0.2', port: 8080 },
  ]);
  expect(backendsOf([target, { ...target, port: '80' }, target], reads(http, [one])).map(({ name }) => name)).toEqual([
    'shop_web_80',
    'shop_web_http',
  ]);
});

it.each([
  ['there is no Service', undefined],
  ['the Service has no such port', service({ ports: [{ name: 'other', port: 81 }] })],
  ['the port is not of TCP', service({ ports: [{ name: 'http', port: 80, protocol: 'UDP' }] })],
  [
    'the Service is only another name, which could point at the node itself',
    service({ type: 'ExternalName', ports: [{ name: 'http', port: 80 }] }),
  ],
])('are none when %s', (_why, of) => {
  expect(servers(of, slice([{ addresses: ['10.0.0.1'] }]))).toEqual([]);
});

it('are never what is no address', () => {
  expect(servers(http, slice([{ addresses: ['10.0.0.1:80 check\n  server evil'] }, { addresses: ['host.example'] }]))).toEqual([]);
});
