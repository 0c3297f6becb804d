import { SlipwayError } from '@slipway/kit';
import type { DeleteOptions, Kind } from '@slipway/model';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { pathText } from './field-errors.ts';
import { invalid } from './kind-schema.ts';
import { dryRunOf, flag, queryOf } from './request-options.ts';

const POLICIES = ['Background', 'Foreground', 'Orphan'] as const;

/** `metav1.DeleteOptions`, as far as the hub knows it; null is the same as leaving a field out. */
const deleteBody = z
  .object({
    preconditions: z.object({ uid: z.string().nullish(), resourceVersion: z.string().nullish() }).nullish(),
    dryRun: z.array(z.string()).nullish(),
    propagationPolicy: z.string().nullish(),
    orphanDependents: z.boolean().nullish(),
  })
  .nullish();
type DeleteBody = z.infer<typeof deleteBody>;

/** How a deletion is meant, from its query and its body. Throws `BadRequest` for a body that is none, `Invalid` for a policy that is none. */
export function deleteOptionsOf(kind: Kind, request: FastifyRequest): DeleteOptions {
  const parsed = deleteBody.safeParse(request.body);
  if (!parsed.success) {
    const causes = parsed.error.issues.map(({ path, message }) => ({ field: pathText(path), message }));
    throw new SlipwayError(
      'BadRequest',
      `The body must be DeleteOptions: ${causes.map(({ field, message }) => `${field} ${message}`.trim()).join(', ')}.`,
      {
        causes,
      },
    );
  }
  const { preconditions, dryRun } = parsed.data ?? {};
  const policy = propagationPolicyOf(kind, queryOf(request), parsed.data);
  return {
    ...(preconditions?.uid == null ? {} : { uid: preconditions.uid }),
    ...(preconditions?.resourceVersion == null ? {} : { resourceVersion: preconditions.resourceVersion }),
    dryRun: dryRunOf(queryOf(request), dryRun ?? []),
    propagationPolicy: policy,
  };
}

/** What becomes of the objects that belong to a deleted one. */
function propagationPolicyOf(kind: Kind, query: URLSearchParams, body: DeleteBody): (typeof POLICIES)[number] | undefined {
  const asked = body?.propagationPolicy ?? query.get('propagationPolicy') ?? '';
  const known = POLICIES.find((policy) => policy === asked);
  if (known !== undefined) return known;
  if (asked !== '') {
    const message = `Unsupported value: supported values: ${POLICIES.map((policy) => `"${policy}"`).join(', ')}`;
    throw invalid(kind, undefined, [{ field: 'propagationPolicy', reason: 'FieldValueNotSupported', message }]);
  }
  const orphan = body?.orphanDependents ?? (query.has('orphanDependents') ? flag(query, 'orphanDependents') : undefined);
  if (orphan === undefined) return undefined;
  return orphan ? 'Orphan' : 'Background';
}
