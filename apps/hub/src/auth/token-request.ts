import type { Subresource } from '@slipway/api';
import type { Identity } from '@slipway/identity';
import { SlipwayError } from '@slipway/kit';
import { z } from 'zod';

/** Kubernetes' own least; and a day, because what is to work longer is an API key that somebody sees and ends. */
const LEAST_SECONDS = 600;
const MOST_SECONDS = 86_400;
const DEFAULT_SECONDS = 3600;
/** For whom every token is. */
const AUDIENCE = 'slipway';

const specSchema = z.object({
  audiences: z.array(z.string()).nullish(),
  expirationSeconds: z.number().int().nullish(),
  boundObjectRef: z.unknown().nullish(),
});
const bodySchema = z.object({ spec: specSchema.nullish() });

/** `serviceaccounts/token` in Kubernetes' shape (authentication.k8s.io/v1 TokenRequest): a short token for automation, by who holds all that the account does. */
export function tokenRequest({ identity }: { identity: Identity }): Subresource {
  return {
    kind: 'ServiceAccount',
    name: 'token',
    verbs: ['create'],
    methods: ['POST'],
    async handle({ principal, tenant, object, body }) {
      const parsed = bodySchema.safeParse(body ?? {});
      if (!parsed.success) throw new SlipwayError('BadRequest', 'The body is not a TokenRequest of authentication.k8s.io/v1.');
      const { audiences, expirationSeconds, boundObjectRef } = parsed.data.spec ?? {};
      const seconds = expirationSeconds ?? DEFAULT_SECONDS;
      refuse(
        'spec.expirationSeconds',
        seconds < LEAST_SECONDS || seconds > MOST_SECONDS,
        `must be from ${LEAST_SECONDS} to ${MOST_SECONDS}`,
      );
      refuse(
        'spec.audiences',
        (audiences ?? []).some((one) => one !== AUDIENCE),
        `must be empty or ["${AUDIENCE}"]: the token is for this hub`,
      );
      refuse(
        'spec.boundObjectRef',
        boundObjectRef !== undefined && boundObjectRef !== null,
        'is not supported: the token ends by itself, or with its account',
      );
      const { name, namespace = '', uid } = object.metadata;
      const account = { tenant, project: namespace, name, uid };
      const { token, expiresAt } = await identity.serviceAccountToken(principal, account, seconds * 1000);
      return {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: { name, namespace, creationTimestamp: null },
        spec: { audiences: [AUDIENCE], expirationSeconds: seconds, boundObjectRef: null },
        status: { token, expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z') },
      };
    },
  };
}

function refuse(field: string, wrong: boolean, message: string): void {
  if (wrong)
    throw new SlipwayError('Invalid', `TokenRequest is invalid: ${field}: ${message}.`, {
      causes: [{ field, message, reason: 'FieldValueInvalid' }],
    });
}
