import { apiKeyKind } from './api-key/api-key.ts';
import { projectRoleBindingKind } from './project-role-binding/project-role-binding.ts';
import { roleKind } from './role/role.ts';
import { roleBindingKind } from './role-binding/role-binding.ts';
import { serviceAccountKind } from './service-account/service-account.ts';
import { teamKind } from './team/team.ts';
import { tenantKind } from './tenant/tenant.ts';
import { userKind } from './user/user.ts';
import { cloudAccountKind } from './cloud-account/cloud-account.ts';
import { clusterProfileKind } from './cluster-profile/cluster-profile.ts';
import { clusterKind } from './cluster/cluster.ts';
import { eventKind } from './event/event.ts';
import { identityProviderKind } from './identity-provider/identity-provider.ts';
import { gatewayKind } from './gateway/gateway.ts';
import { machinePoolKind } from './machine-pool/machine-pool.ts';
import { machineKind } from './machine/machine.ts';
import type { ResourceKinds } from './access/grant.ts';
import type { Kind } from './meta/define-kind.ts';
import { GROUP } from './meta/object.ts';
import { inVersion } from './meta/versions.ts';
import { quotaKinds } from './quota/quota.ts';
import { projectKind } from './project/project.ts';
import { registryKind } from './registry/registry.ts';
import { secretKind } from './secret/secret.ts';
import { auditRecordKind } from './audit/audit-record.ts';
import { auditSinkKind } from './audit-sink/audit-sink.ts';

/** Every kind the hub serves, besides quotas of them. Adding one here is all that storage, API, CLI and documentation need. */
const limited: readonly Kind[] = [
  projectKind,
  clusterProfileKind,
  registryKind,
  gatewayKind,
  cloudAccountKind,
  clusterKind,
  machinePoolKind,
  machineKind,
  eventKind,
  secretKind,
  auditRecordKind,
  auditSinkKind,
  tenantKind,
  userKind,
  teamKind,
  roleKind,
  roleBindingKind,
  projectRoleBindingKind,
  serviceAccountKind,
  apiKeyKind,
  identityProviderKind,
];

export const kinds: readonly Kind[] = [...limited, ...quotaKinds(limited.map(({ plural }) => plural))];

/** Finds a kind by its name, plural, singular or short name, without regard to case; as kubectl does, with a version and the group too: `clusters.v1.slipway.dev`. */
export function findKind(noun: string): Kind | undefined {
  const [wanted = '', ...rest] = noun.toLowerCase().split('.');
  const kind = kinds.find((one) => [one.kind.toLowerCase(), one.plural, one.singular, ...one.shortNames].includes(wanted));
  const suffix = rest.join('.');
  if (kind === undefined || suffix === '' || suffix === GROUP) return kind;
  return suffix.endsWith(`.${GROUP}`) ? inVersion(kind, suffix.slice(0, -GROUP.length - 1)) : undefined;
}

const byPlural = new Map(kinds.map((kind) => [kind.plural, kind]));

/** What decisions about access must know of each resource. */
export const resourceKinds: ResourceKinds = (resource) => byPlural.get(resource);
