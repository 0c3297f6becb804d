import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createCa, issueCertificate } from '@slipway/kit';
import { type ApiObject, apiVersionOf, type Kind, toShown, toStored, versionsOf } from '@slipway/model';
import type { Webhook } from './custom-resource.ts';

interface ConversionReview {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly ApiObject[] };
}

/** Converts objects for a kube-apiserver by the kinds' own functions, as a controller beside CustomResourceDefinitions would. */
export async function startConversionWebhook(kinds: readonly Kind[]): Promise<Webhook & { close(): void }> {
  const ca = await createCa('conversion');
  const { cert, key } = await issueCertificate(ca, { commonName: 'localhost', ipAddresses: ['127.0.0.1'] });
  const server = createServer({ cert, key }, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { request: review } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as ConversionReview;
    const convertedObjects = review.objects.map((object) => convert(kinds, object, review.desiredAPIVersion));
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'ConversionReview',
        response: { uid: review.uid, convertedObjects, result: { status: 'Success' } },
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/convert`,
    caBundle: Buffer.from(ca.cert).toString('base64'),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** Server-side apply has parts of objects converted, too: what is not there stays away. */
function convert(kinds: readonly Kind[], object: ApiObject, wanted: string): object {
  const kind = kinds.find((one) => one.kind === object.kind) as Kind;
  const [from, to] = [object.apiVersion, wanted].map((name) => versionsOf(kind).find((version) => apiVersionOf(version) === name) as Kind);
  const whole = { ...object, spec: object.spec ?? {} };
  const converted = toShown(to as Kind, toStored(from as Kind, whole));
  const { spec, metadata, ...rest } = converted;
  return { ...rest, apiVersion: wanted, metadata: metadata ?? {}, ...(object.spec === undefined ? {} : { spec }) };
}
