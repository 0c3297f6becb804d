import { SlipwayError } from '@slipway/kit';
import { GROUP, VERSION } from '@slipway/model';
import type { AuditLog, AuditQuery, AuditSigner } from '@slipway/store';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

/** PostgreSQL has no text with NUL in it. */
const words = z.string().refine((value) => !value.includes('\0'), 'must not hold NUL');

const querySchema = z.strictObject({
  after: z.coerce.number().int().nonnegative().optional(),
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  user: words.optional(),
  verb: words.optional(),
  resource: words.optional(),
  project: words.optional(),
  name: words.optional(),
  outcome: z.enum(['ok', 'denied', 'failed']).optional(),
  since: z.iso.datetime({ offset: true }).optional(),
  until: z.iso.datetime({ offset: true }).optional(),
  text: words.min(1).max(200).optional(),
});

/** The chain as it is stored, for whoever wants to check it himself: records with the characters that were hashed, signed heads, and the keys they are signed with. */
export function auditChainRoutes(scope: FastifyInstance, deps: { log: AuditLog; signer: AuditSigner }): void {
  const access = { config: { access: { verb: 'list', group: GROUP, resource: 'auditrecords' } } };
  const tenantOf = (request: { principal?: { tenant: string } }): string => {
    if (request.principal === undefined) throw new SlipwayError('Unauthorized', 'This takes a valid token.');
    return request.principal.tenant;
  };
  const base = `/apis/${GROUP}/${VERSION}/auditchain`;
  scope.get(base, access, async (request) => {
    const tenant = tenantOf(request);
    // Checkpoints first: a head that is signed meanwhile must not look like records that are missing.
    const checkpoints = await deps.log.checkpoints(tenant);
    return { tenant, head: await deps.log.head(tenant), checkpoints, keys: { [deps.signer.keyId]: deps.signer.publicKey } };
  });
  scope.get(`${base}/records`, access, async (request) => {
    const parsed = querySchema.safeParse(request.query);
    if (!parsed.success) {
      const told = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`).join('; ');
      throw new SlipwayError('BadRequest', `The query is not valid: ${told}`);
    }
    const given = Object.fromEntries(Object.entries(parsed.data).filter(([, value]) => value !== undefined)) as z.infer<typeof querySchema>;
    const { user, ...rest } = given;
    const query = { ...rest, tenant: tenantOf(request), ...(user === undefined ? {} : { actor: user }) } as AuditQuery;
    return { records: await deps.log.list(query) };
  });
}
