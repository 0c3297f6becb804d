import { describe, expect, it } from 'vitest';
import { machineSettings, poolSettings, poolSettingsCauses, settingsCauses } from './machine-settings.ts';
import { layerOverrideSchema } from './layer-override.ts';

const words = (values: object, options?: { unsure?: boolean }) =>
  settingsCauses(values as Record<string, unknown>, 'layers[1].values', options).map(({ field, message }) => `${field}: ${message}`);

describe('settings of machines', () => {
  it.each([
    {},
    { kubelet: { maxPods: 50, podPidsLimit: 1024, evictionHard: { 'memory.available': '200Mi', 'nodefs.available': '10%' } } },
    { kubelet: { evictionSoft: { 'memory.available': '500Mi' }, evictionSoftGracePeriod: { 'memory.available': '1m30s' } } },
    { apiServer: { extraArgs: { 'event-ttl': '4h', 'max-requests-inflight': 800 } } },
  ])('%j', (values) => {
    expect(words(values)).toEqual([]);
    expect(machineSettings(values as Record<string, unknown>)).toEqual(values);
  });

  it.each([
    [
      { kubelet: { maxPod: 50 } },
      'layers[1].values.kubelet.maxPod: is no setting of the kubelet that can be given here; there are: maxPods',
    ],
    [{ kubelet: { cgroupDriver: 'systemd' } }, 'layers[1].values.kubelet.cgroupDriver: is no setting'],
    [{ kubelet: { maxPods: 'many' } }, 'layers[1].values.kubelet.maxPods: '],
    [{ kubelet: { maxPods: 5000 } }, 'layers[1].values.kubelet.maxPods: '],
    [{ kubelet: { evictionHard: { 'memory.free': '1Gi' } } }, 'is not known there; there are: memory.available'],
    [{ kubelet: { evictionHard: { 'memory.available': 'much' } } }, 'must be a quantity such as 100Mi or a share such as 10%'],
    [{ kubelet: { evictionSoft: { 'pid.available': '10%' } } }, 'kubelet.evictionSoftGracePeriod: must say how long for "pid.available"'],
    [{ apiServer: { extraArgs: { 'etcd-servers': 'http://evil' } } }, 'is no argument of the API server that can be given here'],
    [{ apiServer: { extraVolumes: [] } }, 'is no argument of the API server'],
    [{ sysctls: {} }, 'layers[1].values.sysctls: is no setting of machines; there are: kubelet'],
  ])('%j is refused: nothing could honour it', (values, message) => {
    expect(words(values).join('\n')).toContain(message);
  });

  it('that hold references are judged by their names only, until a cluster answers them', () => {
    expect(words({ kubelet: { maxPods: 'sample', maxPod: 'sample' } }, { unsure: true })).toHaveLength(1);
  });

  it('of a pool are laid over those of the profile, and are for the kubelet only', () => {
    const base = {
      kubelet: { maxPods: 50, evictionHard: { 'memory.available': '200Mi' } },
      apiServer: { extraArgs: { 'event-ttl': '1h' } },
    };
    const override = layerOverrideSchema.parse({ values: { kubelet: { maxPods: 20 } } });
    expect(poolSettings(base, override, '1.0.0')).toEqual({ ...base, kubelet: { ...base.kubelet, maxPods: 20 } });
    expect(poolSettingsCauses(override.values, base, 'x')).toEqual([]);
    expect(poolSettingsCauses({ apiServer: {} }, base, 'x')).toMatchObject([{ field: 'x.apiServer' }]);
    const soft = { kubelet: { evictionSoft: { 'pid.available': '5%' } } };
    expect(poolSettingsCauses(soft, base, 'x')).toMatchObject([{ field: 'x.kubelet.evictionSoftGracePeriod' }]);
    expect(poolSettingsCauses(soft, { kubelet: { evictionSoftGracePeriod: { 'pid.available': '1m' } } }, 'x')).toEqual([]);
  });
});
