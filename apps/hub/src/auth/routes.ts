import type { Identity } from '@slipway/identity';
import type { FastifyInstance } from 'fastify';
import type { HubAudit } from '../audit/hub-audit.ts';
import { invitationPage } from './invitation-page.ts';
import { passwordRoutes } from './password-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { createSignInAudit } from './sign-in-audit.ts';

/** Everything below `/auth`: ways of signing in, each in a file of its own, and what they share. */
export function authRoutes(
  scope: FastifyInstance,
  { identity, audit, madeUp }: { identity: Identity; audit: HubAudit; madeUp: boolean },
): void {
  const deps = { identity, audit: createSignInAudit({ audit, identity }), madeUp };
  passwordRoutes(scope, deps);
  sessionRoutes(scope, deps);
  invitationPage(scope);
}
