import { createHash } from 'node:crypto';
import { GROUP } from '@slipway/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RouteDeps } from './api.ts';
import { coreDocument, openApiDocument, openApiIndex } from './openapi.ts';
import type { Json } from './openapi-parameters.ts';
import { openApiV2 } from './openapi-v2.ts';
import { openApiV2Protobuf } from './openapi-v2-protobuf.ts';

/** What client-go asks for, and the name that is one by the rules of media types; answers have the latter, as kube-apiserver's. */
const PROTOBUF_ASKED = [
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
  'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
];
const PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const JSON_TYPE = 'application/json';

/** A document in one form, with its ETag. */
interface Form {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
}

const formOf = (type: string, body: string | Buffer): Form => ({
  type,
  body: Buffer.from(body),
  etag: `"${createHash('sha256').update(body).digest('hex').slice(0, 32).toUpperCase()}"`,
});

/** OpenAPI of everything that is served: v3, one document for each group and version, and v2, all in one, made of the same. */
export function openApiRoutes(scope: FastifyInstance, deps: RouteDeps, versions: readonly string[]): void {
  const documents: { path: string; document: Json }[] = [
    ...versions.map((version) => ({ path: `apis/${GROUP}/${version}`, document: openApiDocument(deps.versions, version, deps.version) })),
    { path: 'api/v1', document: coreDocument(deps.version) },
  ];
  const texts = documents.map(({ path, document }) => ({ path, text: JSON.stringify(document) }));
  const index = openApiIndex(texts);
  scope.get('/openapi/v3', async () => index);
  for (const { path, text } of texts) {
    const form = formOf(JSON_TYPE, text);
    scope.get(`/openapi/v3/${path}`, async (request, reply) => send(request, reply, form));
  }
  // Few ask for it: made for the first who does.
  let v2: Record<'json' | 'protobuf', Form> | undefined;
  scope.get('/openapi/v2', async (request, reply) => {
    const wanted = v2FormOf(request.headers.accept);
    void reply.header('vary', 'accept');
    v2 ??= v2Forms(documents.map(({ document }) => document));
    return send(request, reply, v2[wanted]);
  });
}

function v2Forms(documents: readonly Json[]): Record<'json' | 'protobuf', Form> {
  const document = openApiV2(documents);
  return { json: formOf(JSON_TYPE, JSON.stringify(document)), protobuf: formOf(PROTOBUF, openApiV2Protobuf(document)) };
}

/** The first form of the caller's list that there is. */
function v2FormOf(accept = '*/*'): 'json' | 'protobuf' {
  for (const part of accept.split(',')) {
    const type = part.split(';')[0]?.trim().toLowerCase() ?? '';
    if (PROTOBUF_ASKED.includes(type)) return 'protobuf';
    if (['*/*', 'application/*', JSON_TYPE].includes(type)) return 'json';
  }
  return 'json';
}

function send(request: FastifyRequest, reply: FastifyReply, form: Form): FastifyReply {
  // It holds nothing of any tenant; asked again each time, because an upgrade changes it.
  void reply.header('etag', form.etag).header('cache-control', 'no-cache, private');
  const known = (request.headers['if-none-match'] ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(form.etag) || known.includes('*')) return reply.code(304).send();
  return reply.type(form.type).send(form.body);
}
