import { SlipwayError } from '@slipway/kit';
import { type ApiObject, apiVersionOf, deprecationOf, GROUP, type Kind, reachesClusters } from '@slipway/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { grantOf, principalOf, type RouteAccess, type RouteDeps, storeOf } from './api.ts';
import { deleteOptionsOf } from './delete-options.ts';
import { admitted } from './guards.ts';
import type { ServedKind } from './kind-schema.ts';
import {
  checkListOptions,
  checkNotFromFuture,
  dryRunOf,
  fieldManagerOf,
  fieldValidationOf,
  flag,
  includeObjectOf,
  listQueryOf,
  queryOf,
  timeoutSecondsOf,
} from './request-options.ts';
import { warningHeaders } from './warning-header.ts';
import { foretold } from './impact.ts';
import { represent, representationOf } from './table.ts';
import { streamWatch, type WatchView } from './watch-stream.ts';
import type { PatchType } from './patches.ts';
import type { WriteContext, Written } from './writes.ts';

interface Params {
  readonly project?: string;
  readonly name?: string;
}

const PATCH_TYPES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml'] as const;

/** Another address of a kind, where it is shown as another API shows it. */
export interface KindPlace {
  readonly prefix: string;
  readonly view: WatchView;
}

/** Every route of one kind in one version. */
export function kindRoutes(parent: FastifyInstance, deps: RouteDeps, served: ServedKind, place?: KindPlace): void {
  const deprecation = deprecationOf(served.kind);
  if (deprecation === undefined) return routesOf(parent, deps, served, place);
  void parent.register((scope, _options, done) => {
    scope.addHook('onRequest', async (_request, reply) => warn(reply, [deprecation]));
    routesOf(scope, deps, served, place);
    done();
  });
}

function routesOf(scope: FastifyInstance, deps: RouteDeps, served: ServedKind, place: KindPlace | undefined): void {
  const { kind, conversion } = served;
  const inProject = kind.scope === 'project';
  const prefix = place?.prefix ?? `/apis/${apiVersionOf(kind)}`;
  const collection = `${prefix}/${inProject ? 'namespaces/:project/' : ''}${kind.plural}`;
  const one = `${collection}/:name`;
  const refused = kind.readOnly ? { refused: `${kind.kind} objects are written by Slipway only: they show what is.` } : {};
  const access = (verb: string, subresource?: string): { config: { access: RouteAccess; refused?: string } } => ({
    config: {
      access: { verb, group: GROUP, resource: kind.plural, ...(subresource === undefined ? {} : { subresource }) },
      ...(verb === 'get' || verb === 'list' ? {} : refused),
    },
  });
  const list = listHandler(deps, kind, place?.view ?? { kind, apiVersion: apiVersionOf(kind), object: conversion.shown });

  scope.get(collection, access('list'), list);
  if (inProject) scope.get(`${prefix}/${kind.plural}`, access('list'), list);
  const get = async (request: FastifyRequest) => answer(deps, kind, request, conversion.shown(await find(kind, request)));
  scope.get(one, access('get'), get);
  scope.get(`${one}/status`, access('get', 'status'), get);

  scope.post(collection, access('create'), async (request, reply) => {
    const context = writeContext(deps, kind, request);
    await checkProject(context);
    return answerWritten(deps, kind, { request, reply }, await deps.writes.create(served, context, request.body));
  });
  for (const subresource of [undefined, 'status'] as const) {
    const path = subresource === undefined ? one : `${one}/status`;
    scope.put(path, access('update', subresource), async (request, reply) => {
      const context = { ...writeContext(deps, kind, request), subresource };
      return answerWritten(deps, kind, { request, reply }, await deps.writes.update(served, context, nameOf(request), request.body));
    });
    scope.patch(path, access('patch', subresource), async (request, reply) => {
      const context = { ...writeContext(deps, kind, request), subresource };
      const type = patchTypeOf(request);
      if (type === 'application/apply-patch+yaml') {
        if ((queryOf(request).get('fieldManager') ?? '') === '')
          throw new SlipwayError('BadRequest', 'fieldManager is required for apply patch.');
        await checkProject(context);
      }
      const change = { type, body: request.body, force: flag(queryOf(request), 'force') };
      return answerWritten(deps, kind, { request, reply }, await deps.writes.patch(served, context, nameOf(request), change));
    });
  }
  scope.delete(one, access('delete'), async (request, reply) => {
    const { deleted, removed, told } = await remove(deps, kind, request, nameOf(request));
    warn(reply, told);
    if (!removed) return answer(deps, kind, request, conversion.shown(deleted));
    const details = { name: deleted.metadata.name, group: GROUP, kind: kind.plural, uid: deleted.metadata.uid };
    return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
  });
  scope.delete(collection, access('deletecollection'), async (request) => {
    const { tenant } = principalOf(request);
    // Wrong options are told where nothing is to be deleted, too.
    deleteOptionsOf(kind, request);
    const { items } = await storeOf(request).list(
      listQueryOf(kind, { tenant, project: (request.params as Params).project }, queryOf(request)),
    );
    const deleted: ApiObject[] = [];
    for (const item of items) {
      await remove(deps, kind, request, item.metadata.name)
        .then((result) => deleted.push(result.deleted))
        .catch((error: unknown) => {
          // Somebody else was faster: it is gone, which is what was asked.
          if (!(error instanceof SlipwayError && error.code === 'NotFound')) throw error;
        });
    }
    const how = { as: 'object', include: 'Metadata', now: deps.clock.now(), apiVersion: apiVersionOf(kind) } as const;
    return represent(kind, { items: deleted.map(conversion.shown), metadata: {} }, how);
  });
}

/** List or watch of a kind, or of another view of it. */
export function listHandler(deps: RouteDeps, kind: Kind, view: WatchView) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const query = queryOf(request);
    const { project } = request.params as Params;
    const listQuery = listQueryOf(kind, { tenant: principalOf(request).tenant, project }, query);
    const as = representationOf(request.headers.accept);
    const include = includeObjectOf(query);
    const watching = flag(query, 'watch');
    checkListOptions(query, watching);
    if (watching) {
      const sendInitial = query.get('sendInitialEvents');
      if (sendInitial === 'true' || sendInitial === '1') {
        checkNotFromFuture(query, (await storeOf(request).list({ ...listQuery, kind: kind.kind, limit: 1 })).resourceVersion);
      }
      // Half an hour to an hour when not told, so that watches of many clients do not end together.
      const timeoutMs = 1000 * (timeoutSecondsOf(query) ?? 1800 + Math.random() * 1800);
      const over = deps.fairness.lasting(principalOf(request));
      reply.raw.once('close', over);
      const { limit: _limit, continue: _continue, ...watched } = listQuery;
      const { signal: ended, release } = grantOf(request).lasting();
      await streamWatch(
        { store: storeOf(request), now: () => deps.clock.now(), stopping: AbortSignal.any([deps.stopping, ended]) },
        view,
        {
          query: watched,
          resourceVersion: query.get('resourceVersion') ?? '',
          sendInitialEvents: sendInitial === null || sendInitial === '' ? undefined : sendInitial === 'true' || sendInitial === '1',
          bookmarks: flag(query, 'allowWatchBookmarks'),
          timeoutMs,
          as,
          include,
          listed: () => request.leaveSeat?.(),
          begins: () => {
            reply.hijack();
            reply.raw.setHeader('x-request-id', request.id);
            const warnings = reply.getHeader('warning') as string[] | undefined;
            if (warnings !== undefined) reply.raw.setHeader('warning', warnings);
          },
        },
        reply.raw,
      ).finally(release);
      return reply;
    }
    const { items, ...metadata } = await storeOf(request).list(listQuery);
    if (listQuery.continue === undefined && listQuery.resourceVersion === undefined) checkNotFromFuture(query, metadata.resourceVersion);
    return represent(
      view.kind,
      { items: items.map(view.object), metadata },
      { as, include, now: deps.clock.now(), apiVersion: view.apiVersion },
    );
  };
}

const nameOf = (request: FastifyRequest): string => (request.params as { name: string }).name;

async function find(kind: Kind, request: FastifyRequest): Promise<ApiObject> {
  const { project, name = '' } = request.params as Params;
  const object = await storeOf(request).get({ tenant: principalOf(request).tenant, kind: kind.kind, project, name });
  if (object === undefined) throw new SlipwayError('NotFound', `${kind.plural}.${GROUP} "${name}" not found`);
  return object;
}

function writeContext(deps: RouteDeps, kind: Kind, request: FastifyRequest): WriteContext {
  const query = queryOf(request);
  return {
    store: storeOf(request),
    tenant: principalOf(request).tenant,
    project: (request.params as Params).project,
    fieldValidation: fieldValidationOf(query),
    dryRun: dryRunOf(query),
    fieldManager: fieldManagerOf(query, request.headers['user-agent']),
    foretell: foretellingOf(deps, kind, request),
  };
}

/** What a dry run tells besides; undefined where there is nothing to tell of. */
function foretellingOf(deps: RouteDeps, kind: Kind, request: FastifyRequest): WriteContext['foretell'] {
  const { impactFor } = deps;
  if (impactFor === undefined || !reachesClusters(kind)) return undefined;
  return (write) => foretold({ ...deps, impactFor }, principalOf(request), { kind, write });
}

async function checkProject(context: WriteContext): Promise<void> {
  if (context.project === undefined) return;
  const project = await context.store.get({ tenant: context.tenant, kind: 'Project', name: context.project });
  if (project === undefined) {
    throw new SlipwayError('NotFound', `projects.${GROUP} "${context.project}" not found`, {
      hint: 'Create the project first, or name another one.',
    });
  }
  if (project.metadata.deletionTimestamp !== undefined)
    throw new SlipwayError('Forbidden', `Project "${context.project}" is being deleted: nothing new can be made in it.`);
}

function patchTypeOf(request: FastifyRequest): PatchType {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  const known = PATCH_TYPES.find((candidate) => candidate === type);
  if (known !== undefined) return known;
  throw Object.assign(new Error(`The body of a patch must be one of: ${PATCH_TYPES.join(', ')}.`), {
    code: 'FST_ERR_CTP_INVALID_MEDIA_TYPE',
    statusCode: 415,
  });
}

async function remove(
  deps: RouteDeps,
  kind: Kind,
  request: FastifyRequest,
  name: string,
): Promise<{ deleted: ApiObject; removed: boolean; told: readonly string[] }> {
  const { tenant } = principalOf(request);
  const { project } = request.params as Params;
  const ref = { tenant, kind: kind.kind, project, name };
  const object = await storeOf(request).get(ref);
  if (object === undefined) throw new SlipwayError('NotFound', `${kind.plural}.${GROUP} "${name}" not found`);
  const options = deleteOptionsOf(kind, request);
  await admitted(kind, kind.admitDelete?.({ object, reads: deps.readsFor({ tenant, store: storeOf(request) }) }));
  // Without a wish of the caller: the object that was admitted, not another one that took its name meanwhile.
  const deleted = await storeOf(request).delete(ref, { uid: object.metadata.uid, ...options });
  const told = options.dryRun ? await foretellingOf(deps, kind, request)?.({ object, old: object, remove: true }) : undefined;
  return { deleted, removed: (deleted.metadata.finalizers ?? []).length === 0, told: told ?? [] };
}

function answer(deps: RouteDeps, kind: Kind, request: FastifyRequest, object: ApiObject): object {
  const as = representationOf(request.headers.accept);
  return represent(kind, { object }, { as, include: includeObjectOf(queryOf(request)), now: deps.clock.now() });
}

function answerWritten(deps: RouteDeps, kind: Kind, http: { request: FastifyRequest; reply: FastifyReply }, written: Written): object {
  if (written.created) void http.reply.code(201);
  warn(http.reply, written.warnings);
  return answer(deps, kind, http.request, written.object);
}

/** Adds to the warnings that kubectl and client-go show their user. */
function warn(reply: FastifyReply, texts: readonly string[]): void {
  if (texts.length === 0) return;
  const before = (reply.getHeader('warning') ?? []) as string[];
  void reply.header('warning', [...before, ...warningHeaders(texts)]);
}
