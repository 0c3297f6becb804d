import type { ObjectStore } from '../meta/object-store.ts';
import type { ApiObject } from '../meta/object.ts';
import type { AccessRequest, Decision, Principal, Rule } from './request.ts';

/** The head of an HTTP request, as far as it may prove who sent it. Names of headers in lower case. */
export interface RequestHead {
  readonly method?: string | undefined;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** Checks what a request brings: an `Authorization` header, or a session's cookie. */
export interface Authenticator {
  /** Undefined when it proves nothing; refused as `Forbidden` when a page of another site uses a visitor's cookie. */
  authenticate(request: RequestHead): Promise<Principal | undefined>;
}

/** A right that is in use: a watch, a tunnel. */
export interface Lasting {
  /** Aborted when the credential, its owner or the permission is gone. */
  readonly signal: AbortSignal;
  release(): void;
}

/** What else must hold for as long as a right is used, given who the caller is by now and the object as it is by now. */
export type StillHolds = (principal: Principal, object: ApiObject) => Promise<boolean>;

/** Every rule of a principal; `incomplete` when labels or a key's scope narrow some of them further than rules can say. */
export interface RuleSet {
  readonly rules: readonly Rule[];
  readonly incomplete: boolean;
}

/** The port to decisions about access: `packages/identity` implements it, the API asks it for every request. */
export interface Authorizer {
  /** The principal as it acts in a tenant; undefined when nothing lets it in there, whether or not there is such a tenant. */
  enter(principal: Principal, tenant: string): Promise<Principal | undefined>;
  authorize(principal: Principal, request: AccessRequest): Promise<Decision>;
  /** For `can-i`: the same, decided about the object when the request names one, with what is missing and who can grant it. */
  review(principal: Principal, request: AccessRequest): Promise<{ readonly allowed: boolean; readonly reason: string }>;
  rules(principal: Principal, project: string | undefined): Promise<RuleSet>;
  /** The store as this request may use it: what the decision does not reach is not there, and nobody grants what they do not hold. */
  guard(principal: Principal, request: AccessRequest, decision: Decision): ObjectStore;
  /** Watches over a right for as long as it is used; `also` counts for what is done with one object. */
  lasting(principal: Principal, request: AccessRequest, decision: Decision, also?: StillHolds): Lasting;
}
