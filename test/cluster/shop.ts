import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A cluster with one worker, on version 1.0.0 of a profile. */
export const cluster = (name: string, profile: string, variables: object = {}) => `apiVersion: slipway.dev/v1
kind: Cluster
metadata: {name: ${name}, namespace: default}
spec:
  profile: {name: ${profile}, version: 1.0.0}
  variables: ${JSON.stringify(variables)}
---
apiVersion: slipway.dev/v1
kind: MachinePool
metadata: {name: ${name}-workers, namespace: default}
spec: {cluster: ${name}, pool: workers, replicas: 1}
`;

/** A pod that answers every path of \`/www\` with its own name, and one beside it on another node if it is told to. */
export const web = (name: string, more = '') => `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: shop, labels: {app: ${name}}}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  ${more}
  containers:
    - name: web
      image: slipway.dev/busybox:1
      command: [/bin/sh, -c, 'mkdir -p /tmp/www/cart && echo ${name} >/tmp/www/index.html && echo ${name} cart >/tmp/www/cart/index.html && mkdir -p /tmp/www/cartoon && echo ${name} cartoon >/tmp/www/cartoon/index.html && exec busybox httpd -f -p 8080 -h /tmp/www']
      env: [{name: PATH, value: /bin}]
      readinessProbe: {httpGet: {port: 8080, path: /}, periodSeconds: 1}
      resources: {requests: {cpu: 10m, memory: 16Mi}}
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
      volumeMounts: [{name: tmp, mountPath: /tmp}]
  volumes: [{name: tmp, emptyDir: {}}]
---
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: shop}
spec: {selector: {app: ${name}}, ports: [{name: http, port: 80, targetPort: 8080}]}
---
`;

interface Page {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** A request to a node's own port, as a client outside the cluster makes it. */
export function page(address: string, host: string, path: string, ca?: string): Promise<Page> {
  const options = { host: address, path, headers: { host }, timeout: 5000 };
  return new Promise((resolve, reject) => {
    const sent = ca === undefined ? httpRequest({ ...options, port: 80 }) : httpsRequest({ ...options, port: 443, servername: host, ca });
    sent.on('response', (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, location: answer.headers.location, body: body.trim() }));
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer in 5 s')));
    sent.on('error', reject);
    sent.end();
  });
}
