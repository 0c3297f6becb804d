import { type Approval, type DeviceGrants, type Identity, type NewSession, readUserCode, type WaitingDevice } from '@slipway/identity';
import { type Clock, SlipwayError } from '@slipway/kit';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { SignInAudit } from '../sign-in-audit.ts';
import { sendPage } from './page.ts';
import { deviceCodePage, deviceConfirmPage, devicePage } from './pages.ts';
import { publicOrigin } from './request.ts';
import { type Form, senderOf, viewerOf } from './visitor.ts';

export interface DeviceRouteDeps {
  readonly devices: DeviceGrants;
  readonly identity: Identity;
  readonly signIns: SignInAudit;
  readonly clock: Clock;
  readonly publicUrl: string | undefined;
}

/** The one program that signs in like this. It is public: the id is a name, not a secret. */
const CLIENT_ID = 'slipway-cli';
const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code';

const WORDS: Readonly<Record<string, string>> = {
  authorization_pending: 'Nobody has approved yet.',
  slow_down: 'Ask less often.',
  access_denied: 'The sign-in was denied.',
  expired_token: 'The code was not used in time.',
  invalid_grant: 'There is no such code, or it was used.',
  invalid_client: `client_id must be ${CLIENT_ID}.`,
  unsupported_grant_type: `grant_type must be ${GRANT_TYPE}.`,
  temporarily_unavailable: 'Too many programs wait to be signed in.',
};

const refuse = (reply: FastifyReply, error: string, code = 400): FastifyReply =>
  reply.code(code).send({ error, error_description: WORDS[error] ?? error });

/**
 * Device authorization (RFC 8628) by the hub itself, so that a command line signs in by whatever way its person does. There is no address with the code in it: who
 * approves has typed what their own terminal shows, and a link alone approves nothing.
 */
export function deviceRoutes(scope: FastifyInstance, deps: DeviceRouteDeps): void {
  const { devices, identity, signIns, clock } = deps;

  scope.post<{ Body: Form }>('/auth/device/code', async (request, reply) => {
    const { client_id: clientId, tenant, provider } = request.body ?? {};
    if (clientId !== CLIENT_ID) return refuse(reply, 'invalid_client', 401);
    const hints = { ...(tenant ? { tenant } : {}), ...(provider ? { provider } : {}) };
    const client = request.headers['user-agent'] ?? '';
    const codes = await devices.start({ ...hints, client, address: request.ip });
    const query = new URLSearchParams(hints).toString();
    return reply.send({
      device_code: codes.deviceCode,
      user_code: codes.userCode,
      verification_uri: `${publicOrigin(deps.publicUrl, request)}/auth/device${query === '' ? '' : `?${query}`}`,
      expires_in: codes.expiresInSeconds,
      interval: codes.intervalSeconds,
    });
  });

  scope.post<{ Body: Form }>('/auth/device/token', async (request, reply) => {
    const { client_id: clientId, grant_type: grantType, device_code: deviceCode } = request.body ?? {};
    if (clientId !== CLIENT_ID) return refuse(reply, 'invalid_client', 401);
    if (grantType !== GRANT_TYPE) return refuse(reply, 'unsupported_grant_type');
    const answer = await devices.poll(deviceCode ?? '');
    if ('error' in answer) return refuse(reply, answer.error);
    const session = await sessionFor(identity, answer);
    if (session === undefined) return refuse(reply, 'access_denied');
    await signIns.signedIn(request, session, { kind: 'device', id: session.id });
    return reply.send({
      access_token: session.token,
      token_type: 'Bearer',
      expires_in: Math.floor((session.expiresAt - clock.now()) / 1000),
    });
  });

  scope.get<{ Querystring: Form }>('/auth/device', async (request, reply) => {
    const visitor = await viewerOf(identity, request);
    if (visitor !== undefined) return sendPage(reply, deviceCodePage(visitor.who, visitor.csrf));
    const { tenant, provider } = request.query;
    const query = new URLSearchParams({ returnTo: '/auth/device', ...(tenant ? { tenant } : {}), ...(provider ? { provider } : {}) });
    return reply.redirect(`/auth/sign-in?${query.toString()}`, 303);
  });

  scope.post<{ Body: Form }>('/auth/device', async (request, reply) => {
    const visitor = await senderOf(identity, request, request.body);
    const code = readUserCode(request.body['code'] ?? '');
    if (code === undefined) return sendPage(reply, deviceCodePage(visitor.who, visitor.csrf, 'A code is eight letters: XXXX-XXXX.'), 400);
    const device = await foundOrAgain(devices.waiting(code, visitor.session));
    if (typeof device === 'string') return sendPage(reply, deviceCodePage(visitor.who, visitor.csrf, device), 404);
    return sendPage(reply, deviceConfirmPage({ device, code, address: request.ip, now: clock.now() }, visitor.who, visitor.csrf));
  });

  scope.post<{ Body: Form }>('/auth/device/decision', async (request, reply) => {
    const visitor = await senderOf(identity, request, request.body);
    const approved = request.body['decision'] === 'approve';
    const record = signIns.within(request, approved ? 'approve-device' : 'deny-device', { kind: 'session', id: visitor.session.id });
    await devices.decide(readUserCode(request.body['code'] ?? '') ?? '', visitor.session, approved, record);
    return sendPage(reply, devicePage(approved));
  });
}

/** The session of who approved, if they are still who they were. */
async function sessionFor(
  identity: Identity,
  { approval, device }: { approval: Approval; device: WaitingDevice },
): Promise<NewSession | undefined> {
  const { user, provider, details } = approval;
  const how = { method: 'device' as const, details, ...(provider === undefined ? {} : { provider }) };
  const from = { userAgent: device.client, ...(device.address === undefined ? {} : { address: device.address }) };
  const session = await identity.openSession({ tenant: user.tenant, name: user.name }, how, from).catch((error: unknown) => {
    if (error instanceof SlipwayError && error.code === 'Unauthorized') return undefined;
    throw error;
  });
  if (session === undefined || session.user.uid === user.uid) return session;
  await identity.sessions.revoke({ tenant: user.tenant, name: user.name, id: session.id });
  return undefined;
}

/** A wrong code is typed again; other refusals are refusals. */
const foundOrAgain = (waiting: Promise<WaitingDevice>): Promise<WaitingDevice | string> =>
  waiting.catch((error: unknown) => {
    if (error instanceof SlipwayError && error.code === 'NotFound') return `${error.message} ${error.hint ?? ''}`;
    throw error;
  });
