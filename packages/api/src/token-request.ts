import type { FastifyInstance } from 'fastify';
import type { RouteDeps } from './api.ts';
import { takeProtobuf } from './protobuf-body.ts';
import { envelopeOf, fieldsOf, integerOf, malformed, message, text } from './protobuf-wire.ts';
import { subresourceRoutes } from './subresource-routes.ts';

/** A TokenRequest (k8s.io/api/authentication/v1) in protobuf, as the JSON it stands for. */
export function readTokenRequest(data: Buffer): { kind: 'TokenRequest'; spec: Record<string, unknown> } {
  const { type, raw } = envelopeOf(data);
  if (raw === undefined || text(type, 2) !== 'TokenRequest') throw malformed();
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
    takeProtobuf(scope, readTokenRequest);
    subresourceRoutes(scope, deps, tokens, '/api/v1');
    done();
  });
}
