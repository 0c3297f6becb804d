import { SlipwayError } from '@slipway/kit';
import { API_VERSION, type ApiObject, coreSecretOf, secretFromCore, secretKind } from '@slipway/model';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RouteDeps } from './api.ts';
import { kindRoutes } from './kind-routes.ts';
import { takeProtobuf } from './protobuf-body.ts';
import { readSecretBody } from './secret-protobuf.ts';
import { mergeOfStrategic } from './strategic-merge.ts';

const STRATEGIC = 'application/strategic-merge-patch+json';
const MERGE = 'application/merge-patch+json';

/** core/v1 Secret: the same objects as `secrets.slipway.dev`, in the shape kubectl, Flux and every Kubernetes library write. */
export function secretRoutes(parent: FastifyInstance, deps: RouteDeps): void {
  const served = deps.served.find(({ kind }) => kind.kind === secretKind.kind);
  if (served === undefined) return;
  void parent.register((scope, _options, done) => {
    // kubectl create secret sends protobuf, because Secret is built into it.
    takeProtobuf(scope, readSecretBody, 2 * 1024 * 1024);
    scope.addContentTypeParser(STRATEGIC, { parseAs: 'string' }, (_request, text, parsed) => {
      try {
        parsed(null, JSON.parse(text as string));
      } catch {
        parsed(new SlipwayError('BadRequest', 'The body is not valid JSON.'));
      }
    });
    scope.addHook('preValidation', async (request) => {
      request.body = bodyFromCore(request);
    });
    scope.addHook('preSerialization', async (_request, _reply, payload) => answerAsCore(payload));
    kindRoutes(scope, deps, served, {
      prefix: '/api/v1',
      view: { kind: secretKind, apiVersion: 'v1', object: (object) => coreSecretOf(object) as unknown as ApiObject },
    });
    done();
  });
}

function bodyFromCore(request: FastifyRequest): unknown {
  const { method, body } = request;
  if (body === undefined || method === 'DELETE') return body;
  if (method !== 'PATCH') return secretFromCore(body);
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === 'application/json-patch+json') return Array.isArray(body) ? body.map(operationFromCore) : body;
  if (type === STRATEGIC) request.headers['content-type'] = MERGE;
  if (type === MERGE || type === STRATEGIC) return mergeFromCore(type === STRATEGIC ? mergeOfStrategic(body) : body);
  return { apiVersion: API_VERSION, kind: secretKind.kind, ...secretFromCore(body) };
}

/** In a merge patch null takes a key away; that must survive. */
function mergeFromCore(body: unknown): unknown {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return body;
  const { data, stringData } = body as Record<string, unknown>;
  const whole = secretFromCore({ ...body, data: undefined, stringData: undefined });
  if (data === undefined && stringData === undefined) return whole;
  const texts = Object.entries((stringData ?? {}) as Record<string, unknown>).map(([key, value]) => [key, base64(value)]);
  const merged =
    data === null && stringData === undefined ? null : { ...(data as object | null | undefined), ...Object.fromEntries(texts) };
  return { ...whole, spec: { ...(whole['spec'] as object), data: merged } };
}

const base64 = (value: unknown): unknown => (typeof value === 'string' ? Buffer.from(value).toString('base64') : value);

interface Operation {
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

function operationFromCore(operation: Operation): Operation {
  const moved = (path: unknown): unknown =>
    typeof path === 'string'
      ? path.replace(/^\/(?:data|stringData)(?=\/|$)/, '/spec/data').replace(/^\/(type|immutable)$/, '/spec/$1')
      : path;
  const isText = typeof operation.path === 'string' && operation.path.startsWith('/stringData/');
  return {
    ...operation,
    path: moved(operation.path),
    ...('from' in operation ? { from: moved(operation.from) } : {}),
    ...(isText ? { value: base64(operation.value) } : {}),
  };
}

interface Answer {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly message?: string;
  readonly details?: { readonly group?: string; readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
  readonly items?: readonly ApiObject[];
  readonly rows?: readonly { readonly object?: ApiObject }[];
}

const isStored = (object: { kind?: string; apiVersion?: string } | undefined): boolean =>
  object?.kind === secretKind.kind && object.apiVersion !== 'v1';

function answerAsCore(payload: unknown): unknown {
  if (payload === null || typeof payload !== 'object') return payload;
  const answer = payload as Answer;
  if (isStored(answer)) return coreSecretOf(payload as ApiObject);
  if (answer.kind === 'SecretList') {
    const items = (answer.items ?? []).map((item) => (isStored(item) ? coreSecretOf(item) : item));
    return { ...answer, apiVersion: 'v1', items };
  }
  if (answer.kind === 'Table') {
    return {
      ...answer,
      rows: answer.rows?.map((row) => (isStored(row.object) ? { ...row, object: coreSecretOf(row.object as ApiObject) } : row)),
    };
  }
  return answer.kind === 'Status' ? statusAsCore(answer) : payload;
}

const fieldAsCore = (text: string): string => text.replaceAll(/\bspec\.(data|type|immutable)\b/g, '$1');

function statusAsCore(answer: Answer): Answer {
  const { group: _group, causes, ...details } = answer.details ?? {};
  const told = causes?.map((cause) => ({ ...cause, ...(cause.field === undefined ? {} : { field: fieldAsCore(cause.field) }) }));
  return {
    ...answer,
    ...(answer.message === undefined ? {} : { message: fieldAsCore(answer.message.replaceAll('secrets.slipway.dev', 'secrets')) }),
    details: { ...details, ...(told === undefined ? {} : { causes: told }) },
  };
}
