import { expect, test } from 'vitest';
import { hubUrlForMachines } from './local-gateway.ts';

test('machines reach a hub of this host on the host’s address in their network, and any other as it is named', () => {
  expect(hubUrlForMachines('https://127.0.0.1:7443', '10.88.7.0/24')).toBe('https://10.88.7.1:7443');
  expect(hubUrlForMachines('https://localhost:7443/', '10.88.7.0/24')).toBe('https://10.88.7.1:7443');
  expect(hubUrlForMachines('https://hub.example.com', '10.88.7.0/24')).toBe('https://hub.example.com');
});
