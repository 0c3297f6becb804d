import type { FieldCause } from '@slipway/kit';
import type { ReadinessGate } from '../plan/readiness.ts';
import type { SecretLeaf } from '../template/fill.ts';
import type { Scope } from '../meta/scopes.ts';
import type { Layer } from './layer.ts';
import type { KubernetesObject } from './manifests.ts';
import type { ProfileRef } from './profile-ref.ts';
import type { VariableValue } from './variable.ts';

/** Which version of which pack, from where. */
export interface ChartRef {
  readonly registry: string;
  readonly registryScope: Scope;
  readonly name: string;
  readonly version: string;
}

export type ResolvedContent =
  | {
      readonly type: 'builtin';
      readonly name: string;
      readonly version: string;
      /** Settings of a kubernetes or os layer; left out when there are none. */
      readonly values?: Readonly<Record<string, unknown>>;
    }
  | ({ readonly type: 'chart'; readonly values: Readonly<Record<string, unknown>> } & ChartRef)
  | { readonly type: 'manifests'; readonly objects: readonly KubernetesObject[] };

/** One layer with every reference filled in; charts are not yet pinned to a digest. */
export interface ResolvedLayer {
  readonly name: string;
  readonly type: Layer['type'];
  readonly namespace: string;
  /** Everything that must be Ready first, the natural order included. */
  readonly dependsOn: readonly string[];
  readonly drift: 'heal' | 'report' | undefined;
  readonly timeoutSeconds: number;
  /** Left out when there are none, so that what was resolved before there were gates is the same as now. */
  readonly readiness?: ReadinessGate[];
  readonly content: ResolvedContent;
  /** Texts of the values or objects that hold secrets; left out when there are none. */
  readonly secrets?: readonly SecretLeaf[];
  /** Whose layer it is, when the cluster is made of several profiles. */
  readonly profile?: ProfileRef;
}

export interface ResolvedProfile {
  readonly name: string;
  readonly version: string;
  /** Add-ons after the profile; left out when there are none. */
  readonly addons?: readonly ProfileRef[];
  /** `v1.35.4`; empty where it is not known yet. */
  readonly kubernetesVersion: string;
  /** In install order. */
  readonly layers: readonly ResolvedLayer[];
  /** Secret ones are masked. */
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Texts that are masked wherever they show: secrets, what was made of them, and variables whose names look like it. */
  readonly secretValues: readonly string[];
}

export type ResolveResult =
  | { readonly ok: true; readonly profile: ResolvedProfile }
  | { readonly ok: false; readonly causes: readonly FieldCause[]; readonly message: string };
