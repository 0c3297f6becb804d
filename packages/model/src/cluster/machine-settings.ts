import type { FieldCause } from '@slipway/kit';
import { z } from 'zod';
import type { ResolvedProfile } from '../cluster-profile/resolved.ts';
import { invalidField, listOf, unsupportedField } from '../meta/causes.ts';
import { joinPath } from '../meta/diff.ts';
import { mergeValues, type Values } from '../meta/merge-values.ts';
import { laidOver } from '../overrides/standing.ts';
import type { ClusterPlan } from '../plan/cluster-plan.ts';
import type { LayerOverride } from './layer-override.ts';

const quantity = z.string().regex(/^\d+(\.\d+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, 'must be a quantity such as 100Mi');
const threshold = z
  .string()
  .regex(/^(\d+(\.\d+)?%|\d+(\.\d+)?(k|Ki|M|Mi|G|Gi|T|Ti)?)$/, 'must be a quantity such as 100Mi or a share such as 10%');
const duration = z.string().regex(/^(\d+(\.\d+)?(ms|s|m|h))+$/, 'must be a duration such as 1m30s');
const evictionSignal = z.enum([
  'memory.available',
  'nodefs.available',
  'nodefs.inodesFree',
  'imagefs.available',
  'imagefs.inodesFree',
  'pid.available',
]);
const bySignal = <T extends z.ZodType>(value: T) => z.partialRecord(evictionSignal, value).optional();

/**
 * Fields of Kubernetes' KubeletConfiguration (v1beta1) that a profile or a pool may set. Those by which Slipway makes a machine work (cgroups, addresses, certificates, what is reserved
 * for the host) are not among them.
 */
export const kubeletSettingsSchema = z
  .strictObject({
    /** Addresses of pods per node: a node of a local machine has 254. */
    maxPods: z.number().int().min(1).max(250).optional(),
    podsPerCore: z.number().int().min(0).max(250).optional(),
    podPidsLimit: z.number().int().min(-1).max(4_194_304).optional(),
    kubeReserved: z.partialRecord(z.enum(['cpu', 'memory', 'ephemeral-storage', 'pid']), quantity).optional(),
    evictionHard: bySignal(threshold),
    evictionSoft: bySignal(threshold),
    evictionSoftGracePeriod: bySignal(duration),
    evictionMinimumReclaim: bySignal(threshold),
    evictionMaxPodGracePeriod: z.number().int().min(0).max(86_400).optional(),
    containerLogMaxSize: quantity.optional(),
    containerLogMaxFiles: z.number().int().min(2).max(100).optional(),
    allowedUnsafeSysctls: z
      .array(z.string().regex(/^(net|kernel|fs\.mqueue)\.[a-z0-9_.*]+$/, 'must be a sysctl such as net.core.somaxconn'))
      .max(100)
      .optional(),
    cpuCFSQuota: z.boolean().optional(),
    maxParallelImagePulls: z.number().int().min(1).max(100).optional(),
    registryPullQPS: z.number().int().min(0).max(1000).optional(),
    registryBurst: z.number().int().min(1).max(1000).optional(),
  })
  .superRefine(({ evictionSoft = {}, evictionSoftGracePeriod = {} }, { addIssue }) => {
    // The kubelet does not start otherwise.
    for (const signal of Object.keys(evictionSoft)) {
      if (!Object.hasOwn(evictionSoftGracePeriod, signal))
        addIssue({
          code: 'custom',
          path: ['evictionSoftGracePeriod'],
          message: `must say how long for "${signal}", which evictionSoft has`,
        });
    }
  });
export type KubeletSettings = z.infer<typeof kubeletSettingsSchema>;

/** Arguments of the API server that a profile may set. Addresses, certificates, storage and who may do what are kubeadm's. */
const API_SERVER_ARGS = [
  'default-not-ready-toleration-seconds',
  'default-unreachable-toleration-seconds',
  'enable-admission-plugins',
  'disable-admission-plugins',
  'event-ttl',
  'goaway-chance',
  'max-mutating-requests-inflight',
  'max-requests-inflight',
  'oidc-client-id',
  'oidc-groups-claim',
  'oidc-groups-prefix',
  'oidc-issuer-url',
  'oidc-required-claim',
  'oidc-username-claim',
  'oidc-username-prefix',
  'request-timeout',
  'runtime-config',
] as const;

/** Values of the layer of type `kubernetes`: settings of every machine and of the API server. A pool may have other ones for the kubelet. */
export const machineSettingsSchema = z.strictObject({
  kubelet: kubeletSettingsSchema.optional(),
  apiServer: z
    .strictObject({
      extraArgs: z.partialRecord(z.enum(API_SERVER_ARGS), z.union([z.string().max(2000), z.number(), z.boolean()])).default({}),
    })
    .optional(),
});
export type MachineSettings = z.infer<typeof machineSettingsSchema>;

/** Of a pool's override: the control plane is not the pool's. */
const poolSettingsSchema = machineSettingsSchema.pick({ kubelet: true }).strict();

/** Problems of the values of a kubernetes layer. `unsure`: they hold references that nobody has answered yet, so that only their names are judged. */
export function settingsCauses(values: Values, path: string, { unsure = false } = {}): FieldCause[] {
  return causesOf(machineSettingsSchema, values, path).filter(({ reason }) => !unsure || reason === 'FieldValueNotSupported');
}

/** Problems of what a pool wants otherwise, by itself and with what it is laid over. */
export function poolSettingsCauses(override: Values, base: Values | undefined, path: string): FieldCause[] {
  const own = causesOf(poolSettingsSchema, override, path).filter(({ field }) => !field.endsWith('.evictionSoftGracePeriod'));
  if (own.length > 0 || base === undefined) return own;
  return causesOf(machineSettingsSchema, mergeValues(base, override), path);
}

function causesOf(schema: z.ZodType, values: Values, path: string): FieldCause[] {
  const parsed = schema.safeParse(values);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) => {
    const at = issue.path.reduce<string>((text, step) => joinPath(text, typeof step === 'number' ? step : String(step)), path);
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unsupportedField(joinPath(at, key), notASetting(issue.path)));
    return [issue.code === 'invalid_key' ? unsupportedField(at, notASetting(issue.path.slice(0, -1))) : invalidField(at, issue.message)];
  });
}

const KUBELET_FIELDS = Object.keys(kubeletSettingsSchema.shape);

function notASetting([part, ...rest]: readonly PropertyKey[]): string {
  if (part === 'kubelet' && rest.length === 0)
    return `is no setting of the kubelet that can be given here; there are: ${listOf(KUBELET_FIELDS)}`;
  if (part === 'kubelet') return `is not known there; there are: ${listOf(evictionSignal.options)}`;
  if (part === 'apiServer')
    return `is no argument of the API server that can be given here; there are, in extraArgs: ${listOf(API_SERVER_ARGS)}`;
  return 'is no setting of machines; there are: kubelet, and for the whole cluster apiServer';
}

/** Settings that a resolved profile, or a plan that was published, gives its machines; empty when it gives none. */
export function settingsOf({ layers }: Pick<ResolvedProfile, 'layers'> | Pick<ClusterPlan, 'layers'>): Values {
  const layer = layers.find(({ type }) => type === 'kubernetes');
  return layer?.content.type === 'builtin' ? (layer.content.values ?? {}) : {};
}

/** What the machines of one pool get: the profile's settings with what the pool wants otherwise. */
export function poolSettings(settings: Values, override: LayerOverride | undefined, version: string): Values {
  return override === undefined ? settings : mergeValues(settings, laidOver(override, version));
}

/** Settings as machines are made with them. Throws what admission would have refused. */
export const machineSettings = (settings: Values): MachineSettings => machineSettingsSchema.parse(settings);
