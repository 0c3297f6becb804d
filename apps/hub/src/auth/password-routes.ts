import { type Identity, refuseForeignPage } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import { DEFAULT_TENANT } from '@slipway/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { answerSession, sourceOf } from './answers.ts';
import { requireOwnSession } from './session-routes.ts';
import type { SignInAudit } from './sign-in-audit.ts';

const nameField = z.string().min(1).max(253);
const secretField = z.string().min(1).max(1024);
const loginSchema = z.strictObject({
  tenant: nameField.default(DEFAULT_TENANT),
  user: nameField,
  password: secretField,
  /** `cookie` for the hub's own pages, `token` for programs. */
  session: z.enum(['cookie', 'token']).default('cookie'),
});
const acceptSchema = z.strictObject({ token: secretField, newPassword: secretField });
const changeSchema = z.strictObject({ currentPassword: secretField, newPassword: secretField });

/** Signing in with a password, choosing one with a one-time link, changing it. */
export function passwordRoutes(scope: FastifyInstance, deps: { identity: Identity; audit: SignInAudit }): void {
  const { audit } = deps;
  const { accounts } = deps.identity;
  const open = { config: { open: true } };

  scope.post('/auth/login', open, async (request, reply) => {
    refuseForeignPage(request.raw);
    const { tenant, user: name, password, session: keeping } = bodyOf(loginSchema, request);
    const signIn = () => accounts.signIn({ tenant, name, password }, sourceOf(request));
    const session = await audit.attempt(request, 'sign-in', { tenant, name }, signIn);
    await audit.signedIn(request, session, { kind: 'session', id: session.id });
    return answerSession(reply, session, keeping);
  });

  scope.post('/auth/invitation', open, async (request) => {
    refuseForeignPage(request.raw);
    const { token, newPassword } = bodyOf(acceptSchema, request);
    const accept = () => accounts.accept(token, newPassword, audit.within(request, 'accept-invitation'));
    const user = await audit.attempt(request, 'accept-invitation', undefined, accept);
    return { user: user.name, tenant: user.tenant };
  });

  scope.post('/auth/password', async (request) => {
    const { principal, session } = requireOwnSession(request);
    const { currentPassword: current, newPassword: next } = bodyOf(changeSchema, request);
    const account = { tenant: principal.home, name: principal.name };
    const record = audit.within(request, 'change-password', { kind: 'session', id: session });
    const change = () => accounts.changePassword(principal, { current, next }, sourceOf(request), record);
    await audit.attempt(request, 'change-password', account, change);
    return { user: principal.name, tenant: principal.home };
  });
}

/** The body of a request, or what is wrong with it: never with what it holds. */
export function bodyOf<T>(schema: z.ZodType<T>, request: FastifyRequest): T {
  const parsed = schema.safeParse(request.body);
  if (parsed.success) return parsed.data;
  const causes = parsed.error.issues.map(({ path, message }) => ({ field: path.join('.') || 'body', message }));
  throw new SlipwayError('BadRequest', `The body is not valid: ${causes.map(({ field, message }) => `${field}: ${message}`).join('; ')}.`, {
    causes,
  });
}
