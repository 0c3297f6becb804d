import type { FastifyInstance } from 'fastify';
import type { RouteDeps } from './api.ts';
import { fieldsOf, integerOf, MAGIC, malformed, message, text } from './protobuf-wire.ts';
import { subresourceRoutes } from './subresource-routes.ts';

/** A TokenRequest (k8s.io/api/authentication/v1) in protobuf, as the JSON it stands for. */
export function readTokenRequest(data: Buffer): { kind: 'TokenRequest'; spec: Record<string, unknown> } {
  if (!data.subarray(0, 4).equals(MAGIC)) throw malformed();
  const unknown = fieldsOf(data.subarray(4));
  const raw = unknown.get(2)?.[0];
  if (raw === undefined || text(message(unknown, 1), 2) !== 'TokenRequest') throw malformed();
  const spec = fieldsOf(raw).get(2)?.[0] ?? Buffer.alloc(0);
  const fields = fieldsOf(spec);
  const expirationSeconds = integerOf(spec, 4);
  return {
    kind: 'TokenRequest',
    spec: {
      audiences: (fields.get(1) ?? []).map((audience) => audience.toString('utf8')),
      ...(fields.has(3) ? { boundObjectRef: { kind: text(message(fields, 3), 1) } } : {}),
      ...(expirationSeconds === undefined ? {} : { expirationSeconds }),
    },
  };
}

/** `kubectl create token`: it asks at the address that Kubernetes has it at, and sends protobuf. */
export function tokenRequestRoutes(parent: FastifyInstance, deps: RouteDeps): void {
  const tokens = deps.subresources.find(({ kind, name }) => kind === 'ServiceAccount' && name === 'token');
  if (tokens === undefined) return;
  void parent.register((scope, _options, done) => {
    scope.addContentTypeParser(
      'application/vnd.kubernetes.protobuf',
      { parseAs: 'buffer', bodyLimit: 64 * 1024 },
      (_request, data, parsed) => {
        try {
          parsed(null, readTokenRequest(data as Buffer));
        } catch (error) {
          parsed(error as Error);
        }
      },
    );
    subresourceRoutes(scope, deps, tokens, '/api/v1');
    done();
  });
}
