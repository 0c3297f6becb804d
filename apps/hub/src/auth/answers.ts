import { csrfTokenOf, type NewSession, sessionCookie } from '@slipway/identity';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** How the client keeps a session: a browser in a cookie that no script reads, a program as a token. */
export type SessionKeeping = 'cookie' | 'token';

/** From where a request signs in. */
export const sourceOf = (request: FastifyRequest): { address: string; userAgent?: string } => {
  const userAgent = request.headers['user-agent'];
  return { address: request.ip, ...(userAgent === undefined ? {} : { userAgent }) };
};

/** Gives a new session to who signed in: the same for every way of signing in. */
export function answerSession(reply: FastifyReply, session: NewSession, keeping: SessionKeeping): object {
  const { id, user, token, expiresAt } = session;
  const told = { user: user.name, tenant: user.tenant, session: id, expiresAt: new Date(expiresAt).toISOString() };
  if (keeping === 'token') return { ...told, token };
  void reply.header('set-cookie', sessionCookie(token, session.expiresAt - session.createdAt));
  return { ...told, csrfToken: csrfTokenOf(token) };
}
