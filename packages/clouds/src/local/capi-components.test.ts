import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { createComponentPki, parseComponents, pkiCovers, prepareComponents } from './capi-components.ts';

const MANIFESTS = `
apiVersion: v1
kind: Namespace
metadata: {name: kcp}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.x, annotations: {cert-manager.io/inject-ca-from: kcp/serving, keep: me}}
spec: {conversion: {strategy: Webhook, webhook: {clientConfig: {service: {name: hook, namespace: kcp, path: /convert}}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: manager, namespace: kcp}
spec:
  template:
    spec:
      containers:
        - name: manager
          image: registry.example/cluster-api/kubeadm-control-plane-controller:v1
          args: [--leader-elect, "--feature-gates=MachinePool=true,ReconcilerRateLimiting=true"]
          readinessProbe: {httpGet: {path: /readyz, port: healthz}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: serving, namespace: kcp}
spec: {secretName: hook-cert, dnsNames: [hook.kcp.svc, hook.kcp.svc.cluster.local]}
---
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: selfsigned, namespace: kcp}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: {name: hooks, annotations: {cert-manager.io/inject-ca-from: kcp/serving}}
webhooks: [{name: a, clientConfig: {service: {name: hook}}}]
`;

const bundle = (config: { caBundle: string }) => Buffer.from(config.caBundle, 'base64').toString('utf8');

test('cert-manager is replaced by our CA, and one replica runs with our flags', async () => {
  const upstream = parseComponents(MANIFESTS);
  const pki = await createComponentPki(upstream);
  expect(pkiCovers(pki, upstream)).toBe(true);
  const images = { 'kubeadm-control-plane-controller': 'slipway.dev/kcp:tuned' };
  const prepared = prepareComponents(upstream, { pki, images });
  const kinds = prepared.map((object) => object.kind);
  expect(kinds).toEqual(['Namespace', 'CustomResourceDefinition', 'Secret', 'Deployment', 'MutatingWebhookConfiguration']);
  const [, crd, secret, deployment, hooks] = prepared;

  expect(bundle(crd!['spec'].conversion.webhook.clientConfig)).toBe(pki.ca.cert);
  expect(crd!.metadata.annotations).toEqual({ keep: 'me' });
  expect(bundle(hooks!['webhooks'][0].clientConfig)).toBe(pki.ca.cert);

  const serving = new X509Certificate(Buffer.from(secret!['data']['tls.crt'], 'base64'));
  expect(serving.checkHost('hook.kcp.svc')).toBe('hook.kcp.svc');
  expect(serving.verify(new X509Certificate(pki.ca.cert).publicKey)).toBe(true);

  const [manager] = deployment!['spec'].template.spec.containers;
  expect(manager).toMatchObject({ image: 'slipway.dev/kcp:tuned', imagePullPolicy: 'IfNotPresent' });
  expect(manager.args).toEqual([
    '--leader-elect=false',
    '--feature-gates=MachinePool=true,ReconcilerRateLimiting=false',
    '--etcd-dial-timeout-duration=2s',
    '--etcd-call-timeout-duration=3s',
  ]);
  expect(deployment!['spec'].strategy).toEqual({ type: 'Recreate' });
  expect(() => prepareComponents(upstream, { pki, images: {} })).toThrow(/kubeadm-control-plane-controller/);
});
