import { SlipwayError } from '@slipway/kit/errors';
import type { ApiObject, Kind, NewObject, ObjectList } from '@slipway/model';
import { apiVersionOf } from '@slipway/model/browser';
import { codeOfStatus, type StatusBody } from '../errors.ts';
import type { RawRequest, Transport } from './transport.ts';

export interface Selection {
  /** Undefined for all projects, or a tenant-scoped kind. */
  readonly project?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface WriteOptions {
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  readonly subresource?: 'status';
  readonly signal?: AbortSignal | undefined;
  /** Told of each warning that came with the answer, which a dry run is asked for. */
  readonly onWarning?: ((text: string) => void) | undefined;
}

export type ClientEvent<T extends ApiObject = ApiObject> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string };

/** What of a kind its addresses follow from. */
export type KindAddress = Pick<Kind, 'kind' | 'plural' | 'scope' | 'version'>;

export interface ObjectAddress {
  readonly kind: KindAddress;
  readonly project?: string | undefined;
  readonly name: string;
}

/** The hub's API with types. Everything rejects with a SlipwayError whose code follows the Status. */
export interface ApiClient {
  get<T extends ApiObject = ApiObject>(address: ObjectAddress): Promise<T>;
  /** Undefined when it is not there. */
  find<T extends ApiObject = ApiObject>(address: ObjectAddress): Promise<T | undefined>;
  /** All pages, of one moment. */
  list(kind: KindAddress, selection?: Selection & { readonly pageSize?: number }): Promise<ObjectList>;
  /** Changes after a version; ends with the signal, with the server's timeout, or rejects (`Gone`: list again). */
  watch<T extends ApiObject = ApiObject>(kind: KindAddress, resourceVersion: string, selection?: Selection): AsyncIterable<ClientEvent<T>>;
  create<T extends ApiObject = ApiObject>(kind: KindAddress, object: NewObject, options?: WriteOptions): Promise<T>;
  update<T extends ApiObject = ApiObject>(kind: KindAddress, object: T, options?: WriteOptions): Promise<T>;
  /** A merge patch, or a JSON patch when it is a list. */
  patch<T extends ApiObject = ApiObject>(address: ObjectAddress, patch: object | readonly object[], options?: WriteOptions): Promise<T>;
  /** Server-side apply. */
  apply<T extends ApiObject = ApiObject>(
    kind: KindAddress,
    object: NewObject,
    options: WriteOptions & { readonly fieldManager: string; readonly force?: boolean },
  ): Promise<T>;
  delete(
    address: ObjectAddress,
    options?: { uid?: string; resourceVersion?: string } & Pick<WriteOptions, 'dryRun' | 'signal' | 'onWarning'>,
  ): Promise<void>;
  /** Anything else: subresources, discovery. JSON answers are parsed. */
  request<T = unknown>(path: string, options?: RawRequest): Promise<T>;
  text(path: string, options?: RawRequest): Promise<string>;
  close(): void;
}

const PAGE = 500;

/** The client over any way to a hub: Node's HTTPS, a browser's fetch. */
export function createClientOver(transport: Transport): ApiClient {
  const json = async <T>(path: string, options?: RawRequest): Promise<T> => JSON.parse(await transport.text(path, options)) as T;
  const writeQuery = ({ dryRun, fieldManager, fieldValidation }: WriteOptions) => ({
    dryRun: dryRun ? 'All' : undefined,
    fieldManager,
    fieldValidation,
  });
  const send = <T>(
    method: string,
    path: string,
    body: unknown,
    options: WriteOptions & { contentType?: string; force?: boolean | undefined } = {},
  ): Promise<T> =>
    json<T>(options.subresource === undefined ? path : `${path}/${options.subresource}`, {
      method,
      body,
      query: { ...writeQuery(options), force: options.force ? 'true' : undefined },
      signal: options.signal,
      onWarning: options.onWarning,
      ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
    });
  const complete = (kind: KindAddress, object: NewObject): NewObject => ({ ...object, apiVersion: apiVersionOf(kind), kind: kind.kind });
  const client: ApiClient = {
    get: (address) => json(objectPath(address)),
    find: (address) =>
      client.get<never>(address).catch((error: unknown) => {
        if (error instanceof SlipwayError && error.code === 'NotFound') return undefined;
        throw error;
      }),
    async list(kind, { project, labelSelector, fieldSelector, signal, pageSize = PAGE } = {}) {
      const items: ApiObject[] = [];
      let more: string | undefined;
      for (;;) {
        const query = { labelSelector, fieldSelector, limit: String(pageSize), continue: more };
        const page = await json<{ items: ApiObject[]; metadata: { resourceVersion: string; continue?: string } }>(
          collectionPath(kind, project),
          { query, signal },
        );
        items.push(...page.items);
        more = page.metadata.continue;
        if (more === undefined || more === '') return { items, resourceVersion: page.metadata.resourceVersion };
      }
    },
    async *watch<T extends ApiObject>(
      kind: KindAddress,
      resourceVersion: string,
      { project, labelSelector, fieldSelector, signal }: Selection = {},
    ) {
      const query = { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, labelSelector, fieldSelector };
      try {
        for await (const line of transport.lines(collectionPath(kind, project), { query, signal })) {
          if (line !== '') yield eventOf<T>(line);
        }
      } catch (error) {
        if (!signal?.aborted) throw error;
      }
    },
    create: (kind, object, options) => send('POST', collectionPath(kind, object.metadata.namespace), complete(kind, object), options),
    update: (kind, object, options) =>
      send('PUT', objectPath({ kind, project: object.metadata.namespace, name: object.metadata.name }), complete(kind, object), options),
    patch: (address, patch, options) =>
      send('PATCH', objectPath(address), patch, {
        ...options,
        contentType: Array.isArray(patch) ? 'application/json-patch+json' : 'application/merge-patch+json',
      }),
    apply: (kind, object, options) =>
      send('PATCH', objectPath({ kind, project: object.metadata.namespace, name: object.metadata.name ?? '' }), complete(kind, object), {
        ...options,
        contentType: 'application/apply-patch+yaml',
      }),
    async delete(address, { uid, resourceVersion, dryRun, signal, onWarning } = {}) {
      const body = { preconditions: { uid, resourceVersion } };
      const query = { dryRun: dryRun ? 'All' : undefined };
      await transport.text(objectPath(address), { method: 'DELETE', body, query, signal, onWarning });
    },
    request: json,
    text: transport.text,
    close: transport.close,
  };
  return client;
}

function eventOf<T extends ApiObject>(line: string): ClientEvent<T> {
  const event = JSON.parse(line) as { type: string; object: T & StatusBody };
  if (event.type === 'ERROR')
    throw new SlipwayError(codeOfStatus(event.object.code ?? 500, event.object.reason), event.object.message ?? 'The watch failed.');
  if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', resourceVersion: event.object.metadata.resourceVersion };
  return { type: event.type as 'ADDED', object: event.object };
}

/** The address of a collection, of one project or of all. */
export function collectionPath(kind: KindAddress, project: string | undefined): string {
  const scope = kind.scope === 'project' && project !== undefined ? `/namespaces/${encodeURIComponent(project)}` : '';
  return `/apis/${apiVersionOf(kind)}${scope}/${kind.plural}`;
}

/** The address of an object; project-scoped kinds need their project. */
export function objectPath({ kind, project, name }: ObjectAddress): string {
  if (name === '' || (kind.scope === 'project' && project === undefined)) {
    throw new SlipwayError('BadRequest', `A ${kind.kind} is named by its ${name === '' ? 'name' : 'project and name'}.`);
  }
  return `${collectionPath(kind, project)}/${encodeURIComponent(name)}`;
}
