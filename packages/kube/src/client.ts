import { SlipwayError } from '@slipway/kit';
import { createDiscovery, groupPath } from './discovery.ts';
import { createTransport } from './transport.ts';
import type { KindRef, KubeClient, KubeConnection, KubeObject, NamedRef, RequestOptions } from './types.ts';
import { runWatch } from './watch.ts';

const PAGE = 500;

interface ListAnswer<T> {
  readonly metadata: { readonly continue?: string };
  readonly items: T[] | null;
}

export interface KubeClientOptions {
  /** A watch that hears nothing for so long (bookmarks included) is broken off and listed anew. Default 100 s. */
  readonly watchSilenceMs?: number;
}

const isGone = (error: unknown): boolean => error instanceof SlipwayError && error.code === 'Gone';

/** `apply` refuses an object with managedFields, and a resourceVersion would turn it into an optimistic lock. */
function forApply(object: KubeObject): KubeObject {
  const {
    managedFields: _fields,
    resourceVersion: _version,
    uid: _uid,
    creationTimestamp: _created,
    generation: _generation,
    ...metadata
  } = object.metadata;
  return { ...object, metadata };
}

const refOf = (object: KubeObject): NamedRef => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  namespace: object.metadata.namespace,
  name: object.metadata.name,
});
const sub = (base: string, subresource: string | undefined) => (subresource === undefined ? base : `${base}/${subresource}`);

/**
 * A thin client of one API server; see `KubeClient`.
 *
 * @example const kube = createKubeClient(await fromKubeconfig('/etc/kubernetes/admin.conf'));
 *          await kube.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'default' } }, { fieldManager: 'me', force: true });
 */
export function createKubeClient(connection: KubeConnection, clientOptions: KubeClientOptions = {}): KubeClient {
  const transport = createTransport(connection);
  const request = <T>(at: string, options: RequestOptions = {}) => transport.request<T>(at, options);
  const discovery = createDiscovery(request);

  async function path(ref: KindRef & { namespace?: string | undefined; name?: string }): Promise<string> {
    const { plural, namespaced } = await discovery.resource(ref);
    // An object without a namespace means the one called default; a list without one means all of them.
    const namespace = ref.namespace ?? (ref.name === undefined ? undefined : 'default');
    const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${groupPath(ref.apiVersion)}${scope}/${plural}${ref.name === undefined ? '' : `/${encodeURIComponent(ref.name)}`}`;
  }

  async function listPages<T extends KubeObject>(
    kind: KindRef,
    options: { namespace?: string | undefined; labelSelector?: string; fieldSelector?: string },
    limit: number | undefined,
  ): Promise<T[]> {
    const base = await path({ ...kind, namespace: options.namespace });
    const items: T[] = [];
    let next: string | undefined;
    do {
      const page: ListAnswer<T> = await request(base, {
        query: {
          labelSelector: options.labelSelector,
          fieldSelector: options.fieldSelector,
          limit: limit === undefined ? undefined : String(limit),
          continue: next,
        },
        timeoutMs: 60_000,
      });
      // Items of a typed list carry no type of their own.
      for (const item of page.items ?? []) items.push(Object.assign(item, { apiVersion: kind.apiVersion, kind: kind.kind }));
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
    return items;
  }

  return {
    connection,
    request,
    path,
    resource: (kind) => discovery.resource(kind),
    resetDiscovery: () => discovery.reset(),
    close: () => transport.close(),

    async get<T extends KubeObject>(ref: NamedRef) {
      const at = await path(ref);
      return request<T>(at).catch((error: unknown) => {
        if (error instanceof SlipwayError && error.code === 'NotFound') return undefined;
        throw error;
      });
    },

    async list<T extends KubeObject>(
      kind: KindRef,
      options: { namespace?: string | undefined; labelSelector?: string; fieldSelector?: string } = {},
    ) {
      try {
        return await listPages<T>(kind, options, PAGE);
      } catch (error) {
        // The continue token outlived the server's history: one unpaged list is consistent and cannot expire.
        if (!isGone(error)) throw error;
        return listPages<T>(kind, options, undefined);
      }
    },

    async create<T extends KubeObject>(object: KubeObject) {
      const { name, ...rest } = refOf(object);
      const namespaced = (await discovery.resource(rest)).namespaced;
      const base = await path({ ...rest, namespace: namespaced ? (rest.namespace ?? 'default') : undefined });
      return request<T>(base, { method: 'POST', body: object }).catch((error: unknown) => {
        if (error instanceof SlipwayError && error.code === 'NotFound')
          throw new SlipwayError('NotFound', `${object.kind} "${name}" was not created: ${error.message}.`, { cause: error });
        throw error;
      });
    },

    async apply<T extends KubeObject>(
      object: KubeObject,
      options: { fieldManager: string; force?: boolean; dryRun?: boolean; subresource?: string },
    ) {
      return request<T>(sub(await path(refOf(object)), options.subresource), {
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml',
        query: {
          fieldManager: options.fieldManager,
          force: options.force ? 'true' : undefined,
          dryRun: options.dryRun ? 'All' : undefined,
        },
        body: forApply(object),
      });
    },

    async patch<T extends KubeObject>(
      ref: NamedRef,
      patch: object | readonly object[],
      options: { subresource?: string; dryRun?: boolean; fieldManager?: string } = {},
    ) {
      return request<T>(sub(await path(ref), options.subresource), {
        method: 'PATCH',
        contentType: Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json',
        query: { fieldManager: options.fieldManager, dryRun: options.dryRun ? 'All' : undefined },
        body: patch,
      });
    },

    async delete(ref, options = {}) {
      const preconditions = {
        ...(options.uid === undefined ? {} : { uid: options.uid }),
        ...(options.resourceVersion === undefined ? {} : { resourceVersion: options.resourceVersion }),
      };
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        propagationPolicy: options.propagationPolicy ?? 'Background',
        ...(options.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: options.gracePeriodSeconds }),
        ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
      };
      const at = await path(ref);
      await request(at, { method: 'DELETE', body }).catch((error: unknown) => {
        if (error instanceof SlipwayError && error.code === 'NotFound') return;
        throw error;
      });
    },

    watch(kind, onEvent, signal, options = {}) {
      const target = {
        transport,
        kind,
        options,
        path: () => path({ ...kind, namespace: options.namespace }),
        ...(clientOptions.watchSilenceMs === undefined ? {} : { silenceMs: clientOptions.watchSilenceMs }),
      };
      return runWatch(target, onEvent, signal);
    },
  };
}
