import type { FastifyInstance } from 'fastify';

/** Lets the routes of a scope take what kubectl sends in protobuf, as the JSON that `read` makes of it. */
export function takeProtobuf(scope: FastifyInstance, read: (data: Buffer) => unknown, bodyLimit = 64 * 1024): void {
  scope.addContentTypeParser('application/vnd.kubernetes.protobuf', { parseAs: 'buffer', bodyLimit }, (_request, data, parsed) => {
    try {
      parsed(null, read(data as Buffer));
    } catch (error) {
      parsed(error as Error);
    }
  });
}
