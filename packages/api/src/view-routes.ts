import { SlipwayError } from '@slipway/kit';
import { GROUP, type Rule } from '@slipway/model';
import type { FastifyInstance } from 'fastify';
import { principalOf, type RouteDeps, storeOf } from './api.ts';
import { coreEventOf, eventSelector, namespaceOf, namespaceView } from './core-views.ts';
import { listHandler } from './kind-routes.ts';
import { takeProtobuf } from './protobuf-body.ts';
import { includeObjectOf, queryOf } from './request-options.ts';
import { readReview } from './review-protobuf.ts';
import { represent, representationOf } from './table.ts';

const ABOUT_ONESELF: readonly Rule[] = [
  { apiGroups: ['authorization.k8s.io'], resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'], verbs: ['create'] },
  { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
];

/** What is not a kind of ours but Kubernetes clients ask for: namespaces, core events, who am I, may I. */
export function viewRoutes(scope: FastifyInstance, deps: RouteDeps): void {
  const project = deps.kinds.find((kind) => kind.kind === 'Project');
  const namespaces = (verb: string) => ({ config: { access: { verb, group: '', resource: 'namespaces' } } });
  if (project !== undefined) {
    scope.get(
      '/api/v1/namespaces',
      namespaces('list'),
      listHandler(deps, project, { kind: namespaceView, apiVersion: 'v1', object: namespaceOf }),
    );
    scope.get('/api/v1/namespaces/:name', namespaces('get'), async (request) => {
      const { name } = request.params as { name: string };
      const found = await storeOf(request).get({ tenant: principalOf(request).tenant, kind: 'Project', name });
      if (found === undefined)
        throw new SlipwayError('NotFound', `namespaces "${name}" not found`, { hint: 'Namespaces are the projects of Slipway.' });
      const how = { as: representationOf(request.headers.accept), include: includeObjectOf(queryOf(request)), now: deps.clock.now() };
      return represent(namespaceView, { object: namespaceOf(found) }, how);
    });
  }
  for (const path of ['/api/v1/events', '/api/v1/namespaces/:project/events']) {
    scope.get(path, { config: { access: { verb: 'list', group: '', resource: 'events' } } }, async (request) => {
      const { project: where } = request.params as { project?: string };
      const { fieldSelector, uid } = eventSelector(queryOf(request).get('fieldSelector') ?? '');
      const list = await storeOf(request).list({ tenant: principalOf(request).tenant, kind: 'Event', project: where, fieldSelector });
      const items = list.items.filter(
        (event) => uid === undefined || (event.spec as { regarding: { uid?: string } }).regarding.uid === uid,
      );
      return { kind: 'EventList', apiVersion: 'v1', metadata: { resourceVersion: list.resourceVersion }, items: items.map(coreEventOf) };
    });
  }
  void scope.register((inner, _options, done) => {
    takeProtobuf(inner, readReview);
    reviewRoutes(inner, deps);
    done();
  });
}

function reviewRoutes(scope: FastifyInstance, deps: RouteDeps): void {
  const access = (group: string, resource: string) => ({ config: { access: { verb: 'create', group, resource } } });
  scope.post(
    '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    access('authentication.k8s.io', 'selfsubjectreviews'),
    async (request, reply) => {
      const { name, groups, home, tenant } = principalOf(request);
      void reply.code(201);
      return {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'SelfSubjectReview',
        metadata: { creationTimestamp: null },
        status: { userInfo: { username: name, groups, extra: { 'slipway.dev/tenant': [tenant], 'slipway.dev/home': [home] } } },
      };
    },
  );
  scope.post(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    access('authorization.k8s.io', 'selfsubjectaccessreviews'),
    async (request, reply) => {
      const body = request.body as { spec?: { resourceAttributes?: Record<string, string>; nonResourceAttributes?: object } } | undefined;
      const wanted = body?.spec?.resourceAttributes;
      if (wanted === undefined) {
        throw new SlipwayError('BadRequest', 'spec.resourceAttributes is required: which verb on which resource?', {
          causes: [{ field: 'spec.resourceAttributes', message: 'Required value' }],
        });
      }
      const decision = await deps.authorizer.review(principalOf(request), {
        verb: wanted.verb ?? '',
        group: wanted.group ?? '',
        resource: wanted.resource ?? '',
        subresource: wanted.subresource === '' ? undefined : wanted.subresource,
        project: wanted.namespace === '' ? undefined : wanted.namespace,
        name: wanted.name === '' ? undefined : wanted.name,
      });
      void reply.code(201);
      return {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        metadata: { creationTimestamp: null },
        spec: body?.spec,
        status: decision,
      };
    },
  );
  scope.post(
    '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    access('authorization.k8s.io', 'selfsubjectrulesreviews'),
    async (request, reply) => {
      const principal = principalOf(request);
      const spec = (request.body as { spec?: { namespace?: string } } | undefined)?.spec ?? {};
      const { rules, incomplete } = await deps.authorizer.rules(principal, spec.namespace === '' ? undefined : spec.namespace);
      const resourceRules = [...rules, ...ABOUT_ONESELF].map(({ verbs, apiGroups, resources, names }) => ({
        verbs,
        apiGroups: apiGroups ?? [GROUP],
        resources,
        ...(names === undefined ? {} : { resourceNames: names }),
      }));
      const why = incomplete ? { evaluationError: 'some rules hold only for objects with certain labels' } : {};
      void reply.code(201);
      return {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectRulesReview',
        metadata: { creationTimestamp: null },
        spec,
        status: { resourceRules, nonResourceRules: [], incomplete, ...why },
      };
    },
  );
}
