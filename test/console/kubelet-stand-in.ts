import { type ChildProcess, spawn } from 'node:child_process';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer, request as secureRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createCa, issueCertificate } from '@slipway/kit';
import type { TestApiServer } from '@slipway/testkit';
import { type WebSocket, WebSocketServer } from 'ws';

/** What a pod's container says: lines that are there, and whether more come. */
export interface ContainerLog {
  readonly lines: readonly string[];
  readonly previous?: readonly string[];
}

export interface KubeletStandIn {
  readonly server: string;
  readonly ca: string;
  readonly token: string;
  /** By `namespace/pod/container`. */
  readonly logs: Map<string, ContainerLog>;
  /** What was asked for of logs, in order. */
  readonly asked: string[];
  /** Sizes that terminals said they have. */
  readonly sizes: { Width: number; Height: number }[];
  /** Adds a line to every log that is followed now. */
  say(line: string): void;
  /** Breaks every followed log and open shell, as a lost network does. */
  cut(): void;
  stop(): Promise<void>;
}

/**
 * A real API server with nothing that runs pods: everything is its own but for logs and shells, which a kubelet would answer. Logs are what a test says; a shell is a real one of
 * this machine, on a real pseudo terminal, over the real `v5.channel.k8s.io`. The same before real kubelets is in test/cluster.
 */
export async function startKubeletStandIn(api: TestApiServer): Promise<KubeletStandIn> {
  const ca = await createCa('cluster');
  const certificate = await issueCertificate(ca, { commonName: 'cluster', ipAddresses: ['127.0.0.1'], usage: 'server' });
  const logs = new Map<string, ContainerLog>();
  const asked: string[] = [];
  const sizes: { Width: number; Height: number }[] = [];
  const followed = new Set<ServerResponse>();
  const shells = new Map<WebSocket, ChildProcess>();
  const sockets = new Set<Socket>();
  const webSockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has('v5.channel.k8s.io') ? 'v5.channel.k8s.io' : false),
  });

  const server = createServer({ key: certificate.key, cert: certificate.cert }, (incoming, response) => {
    const url = new URL(incoming.url ?? '/', 'https://api');
    const log = /^\/api\/v1\/namespaces\/([^/]+)\/pods\/([^/]+)\/log$/.exec(url.pathname);
    if (log !== null) return answerLog(`${log[1]}/${log[2]}`, url.searchParams, response);
    if (/\/pods\/[^/]+\/exec$/.test(url.pathname)) return refuse(response, 'Upgrade request required');
    pass(api, incoming, response);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    webSockets.handleUpgrade(incoming, socket, head, (peer) => {
      const shell = spawn('script', ['-qfc', 'PS1="pod$ " /bin/sh', '/dev/null'], { env: { ...process.env, TERM: 'dumb' } });
      shells.set(peer, shell);
      const send = (channel: number, data: Buffer | string) => peer.send(Buffer.concat([Buffer.from([channel]), Buffer.from(data)]));
      shell.stdout.on('data', (data: Buffer) => send(1, data));
      shell.on('exit', () => {
        send(3, JSON.stringify({ status: 'Success' }));
        peer.close();
      });
      peer.on('message', (data: Buffer) => {
        if (data[0] === 0) shell.stdin.write(data.subarray(1));
        if (data[0] === 4) sizes.push(JSON.parse(data.subarray(1).toString()) as { Width: number; Height: number });
      });
      peer.on('close', () => {
        shells.delete(peer);
        shell.kill('SIGKILL');
      });
    });
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  function answerLog(pod: string, query: URLSearchParams, response: ServerResponse): void {
    asked.push(query.toString());
    const found = logs.get(`${pod}/${query.get('container') ?? ''}`);
    const lines = query.get('previous') === 'true' ? found?.previous : found?.lines;
    if (lines === undefined) {
      return refuse(response, `previous terminated container "${query.get('container')}" in pod "${pod}" not found`);
    }
    const since = query.get('sinceTime');
    const wanted = lines
      .filter((line) => since === null || line.slice(0, line.indexOf(' ')) >= since)
      .slice(-Number(query.get('tailLines') ?? lines.length));
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(wanted.map((line) => `${line}\n`).join(''));
    if (query.get('follow') !== 'true') return void response.end();
    followed.add(response);
    response.once('close', () => followed.delete(response));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ca: ca.cert,
    token: api.token,
    logs,
    asked,
    sizes,
    say: (line) => {
      for (const response of followed) response.write(`${line}\n`);
    },
    cut: () => {
      for (const response of followed) response.destroy();
      for (const peer of shells.keys()) peer.terminate();
    },
    stop: () =>
      new Promise((resolve) => {
        for (const shell of shells.values()) shell.kill('SIGKILL');
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function pass(api: TestApiServer, incoming: IncomingMessage, response: ServerResponse): void {
  const { host: _host, ...headers } = incoming.headersDistinct;
  const outgoing = (api.server.startsWith('https') ? secureRequest : request)(
    `${api.server}${incoming.url}`,
    { method: incoming.method, headers: headers as Record<string, string[]>, ca: api.ca },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => response.destroy());
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function refuse(response: ServerResponse, message: string): void {
  response.writeHead(400, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 400, reason: 'BadRequest', message }));
}
