import type { FastifyInstance } from 'fastify';
import type { RouteDeps } from './api.ts';
import {
  aggregated,
  AGGREGATED_TYPE,
  coreGroup,
  coreVersions,
  groupInfo,
  groupList,
  resourceList,
  reviewGroups,
  slipwayGroup,
  versionText,
  wantsAggregated,
} from './discovery.ts';
import { openApiRoutes } from './openapi-routes.ts';

/** Health, version, discovery (both forms) and OpenAPI. All answers are computed once. */
export function discoveryRoutes(scope: FastifyInstance, deps: RouteDeps): void {
  const ours = slipwayGroup(deps.kinds, deps.subresources);
  const groups = [ours, ...reviewGroups];
  for (const path of ['/healthz', '/livez'])
    scope.get(path, { config: { open: true } }, async (_request, reply) => reply.type('text/plain').send('ok'));
  scope.get('/readyz', { config: { open: true } }, async (_request, reply) => {
    const waiting = deps.notReady?.();
    return reply
      .code(waiting === undefined ? 200 : 503)
      .type('text/plain')
      .send(waiting === undefined ? 'ok' : `waiting for ${waiting}`);
  });
  scope.get('/version', { config: { open: true } }, async () => versionInfo(deps.version));

  scope.get('/api', async (request, reply) =>
    wantsAggregated(request.headers.accept) ? reply.type(AGGREGATED_TYPE).send(JSON.stringify(aggregated([coreGroup]))) : coreVersions(),
  );
  scope.get('/apis', async (request, reply) =>
    wantsAggregated(request.headers.accept) ? reply.type(AGGREGATED_TYPE).send(JSON.stringify(aggregated(groups))) : groupList(groups),
  );
  for (const version of coreGroup.versions) scope.get(`/api/${version.version}`, async () => resourceList('', version));
  for (const group of groups) {
    scope.get(`/apis/${group.group}`, async () => ({ kind: 'APIGroup', apiVersion: 'v1', ...groupInfo(group) }));
    for (const version of group.versions)
      scope.get(`/apis/${versionText(group.group, version)}`, async () => resourceList(group.group, version));
  }
  openApiRoutes(
    scope,
    deps,
    ours.versions.map(({ version }) => version),
  );
}

/** In the shape of Kubernetes' own version, because its clients parse it; kubectl warns when the minor version is far from its own, so it is Slipway's words in gitVersion only. */
function versionInfo(version: string): object {
  const { platform, arch, version: nodeVersion } = process;
  return {
    major: '1',
    minor: '36',
    gitVersion: `v1.36.0-slipway.${version}`,
    slipwayVersion: version,
    platform: `${platform}/${arch === 'x64' ? 'amd64' : arch}`,
    nodeVersion,
  };
}
