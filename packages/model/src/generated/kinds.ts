// Made from the folders of this package: npm run generate
import { apiKeyKind } from '../api-key/api-key.ts';
import { auditSinkKind } from '../audit-sink/audit-sink.ts';
import { auditRecordKind } from '../audit/audit-record.ts';
import { cloudAccountKind } from '../cloud-account/cloud-account.ts';
import { clusterProfileKinds } from '../cluster-profile/cluster-profile.ts';
import { clusterTemplateKind } from '../cluster-template/cluster-template.ts';
import { clusterKind } from '../cluster/cluster.ts';
import { eventKind } from '../event/event.ts';
import { gatewayKind } from '../gateway/gateway.ts';
import { identityProviderKind } from '../identity-provider/identity-provider.ts';
import { machinePoolKind } from '../machine-pool/machine-pool.ts';
import { machineKind } from '../machine/machine.ts';
import { macroKinds } from '../macro/macro.ts';
import { maintenancePolicyKind } from '../maintenance-policy/maintenance-policy.ts';
import { packKinds } from '../pack/pack.ts';
import { projectRoleBindingKind } from '../project-role-binding/project-role-binding.ts';
import { projectKind } from '../project/project.ts';
import { registryKinds } from '../registry/registry.ts';
import { roleBindingKind } from '../role-binding/role-binding.ts';
import { roleKind } from '../role/role.ts';
import { rolloutKind } from '../rollout/rollout.ts';
import { secretKind } from '../secret/secret.ts';
import { serviceAccountKind } from '../service-account/service-account.ts';
import { teamKind } from '../team/team.ts';
import { tenantKind } from '../tenant/tenant.ts';
import { userItemKind } from '../user-item/user-item.ts';
import { userKind } from '../user/user.ts';
import type { Kind } from '../meta/define-kind.ts';

/** Every kind that a folder of this package defines. */
export const definedKinds: readonly Kind[] = [
  apiKeyKind,
  auditSinkKind,
  auditRecordKind,
  cloudAccountKind,
  ...clusterProfileKinds.all,
  clusterTemplateKind,
  clusterKind,
  eventKind,
  gatewayKind,
  identityProviderKind,
  machinePoolKind,
  machineKind,
  ...macroKinds.all,
  maintenancePolicyKind,
  ...packKinds.all,
  projectRoleBindingKind,
  projectKind,
  ...registryKinds.all,
  roleBindingKind,
  roleKind,
  rolloutKind,
  secretKind,
  serviceAccountKind,
  teamKind,
  tenantKind,
  userItemKind,
  userKind,
];
