import { readFile } from 'node:fs/promises';
import { createCa, createJsonLogger, issueCertificate, messageOf } from '@slipway/kit';
import { createKubeClient, inCluster } from '@slipway/kube';
import { runController } from './controller.ts';
import { affordableConnections } from './haproxy/connections.ts';
import { createHaproxy } from './haproxy/process.ts';
import { parseOptions } from './options.ts';

// The ingress controller of the starter library: the pod of packs/ingress. HAProxy carries the traffic, this program tells it where.
async function main(): Promise<void> {
  const options = parseOptions(process.env);
  const logger = createJsonLogger('info');
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new DOMException('stopped', 'AbortError')));
  const own = await issueCertificate(await createCa('slipway ingress'), { commonName: 'ingress.invalid', dnsNames: ['ingress.invalid'] });
  const kube = createKubeClient(await inCluster());
  const haproxy = createHaproxy({ binary: options.HAPROXY, directory: options.WORK_DIR, logger });
  const controller = runController(
    {
      kube,
      haproxy,
      logger,
      ownCertificate: `${own.cert.trim()}\n${own.key.trim()}\n`,
      ingressClass: { name: options.INGRESS_CLASS, isDefault: options.INGRESS_CLASS_DEFAULT },
      pods: { namespace: options.POD_NAMESPACE, labelSelector: options.POD_SELECTOR },
      settings: {
        directory: options.WORK_DIR,
        ports: { http: options.HTTP_PORT, https: options.HTTPS_PORT, metrics: options.METRICS_PORT },
        redirect: options.REDIRECT_TO_HTTPS,
        maxConnections: affordableConnections(options.MAX_CONNECTIONS, await readFile('/proc/self/limits', 'utf8')),
      },
    },
    stop.signal,
  );
  await Promise.race([controller, haproxy.ended]);
  await haproxy.stop(options.STOP_SECONDS * 1000);
  kube.close();
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  },
);
