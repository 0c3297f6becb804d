import type { ObjectScope } from '../meta/object-store.ts';

/** Who a request is from. */
export interface Principal {
  /** `alice`, or `serviceaccount:<project>:<name>`. */
  readonly name: string;
  /** `authenticated`, and `team:<name>` for each team. */
  readonly groups: readonly string[];
  /** Where the request acts. */
  readonly tenant: string;
  /** Where the user was made. The same as `tenant`, except for those whom a system role lets into others. */
  readonly home: string;
  /** What the caller's key may be used for: it takes away, never gives. Absent: everything its owner may do. */
  readonly restriction?: Restriction | undefined;
  /** The credential that proved it: ending it ends what was begun with it. */
  readonly credential?: string | undefined;
  /** What kind of credential it was, for the audit. */
  readonly auth?: { readonly kind: 'token' | 'apikey' | 'session'; readonly id: string } | undefined;
}

/** What a scoped API key is limited to. */
export interface Restriction {
  readonly rules: readonly Rule[];
  /** Absent: every project. */
  readonly projects?: readonly string[] | undefined;
}

/** One line of a role, with the words of Kubernetes' RBAC. */
export interface Rule {
  /** Default: `slipway.dev`. */
  readonly apiGroups?: readonly string[] | undefined;
  /** `clusters`, `clusters/proxy`, `clusters/*`, `*`. */
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  /** Only objects of these names; such a rule never allows create. */
  readonly names?: readonly string[] | undefined;
}

/** What a request wants to do; a route states it as data. */
export interface AccessRequest {
  readonly verb: string;
  readonly group: string;
  /** Plural: `clusters`. */
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly project?: string | undefined;
  readonly name?: string | undefined;
}

export interface Decision {
  readonly allowed: boolean;
  /** Which rule allowed it, or what is missing and who can grant it. */
  readonly reason: string;
  /** Allowed for objects in one of these only; absent: for all. */
  readonly only?: readonly ObjectScope[] | undefined;
}
