import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCa, issueCertificate, waitFor } from '@slipway/kit';
import { testTool } from './tools.ts';

export interface Rsyslog {
  readonly port: number;
  readonly ca: string;
  /** What it wrote: one line a message, in the form that it has understood. */
  written(): Promise<string[]>;
  /** As a package upgrade or an operator does it. */
  stop(): Promise<void>;
  start(): Promise<void>;
  dispose(): Promise<void>;
}

/** What rsyslog says of a message once it has parsed it as RFC 5424; a message that it cannot parse has other fields, and shows. */
const LINE = '%pri% %protocol-version% %timestamp:::date-rfc3339% %app-name% %procid% %msgid% %structured-data% %msg%\\n';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Debian's rsyslog as a child on loopback, with its own configuration and directory, taking syslog over TLS. Its package is unpacked by `./slipway test`, not installed. */
export async function startRsyslog(): Promise<Rsyslog> {
  const root = testTool('rsyslog');
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rsyslog-'));
  const [architecture = ''] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  const libraries = join(root, 'usr/lib', architecture);
  const authority = await createCa('rsyslog');
  const { cert, key } = await issueCertificate(authority, { commonName: 'rsyslog', ipAddresses: ['127.0.0.1'], usage: 'server' });
  for (const [name, text] of Object.entries({ 'ca.pem': authority.cert, 'cert.pem': cert, 'key.pem': key }))
    await writeFile(join(folder, name), text, { mode: 0o600 });
  const port = await freePort();
  const out = join(folder, 'audit.log');
  await writeFile(
    join(folder, 'rsyslog.conf'),
    `global(workDirectory="${folder}" maxMessageSize="1m" parser.escapeControlCharactersOnReceive="off"
  defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="${folder}/ca.pem"
  defaultNetstreamDriverCertFile="${folder}/cert.pem" defaultNetstreamDriverKeyFile="${folder}/key.pem")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
template(name="line" type="string" string="${LINE}")
ruleset(name="audit") { action(type="omfile" file="${out}" template="line") }
input(type="imtcp" address="127.0.0.1" port="${port}" ruleset="audit")
`,
  );
  let child: ChildProcess | undefined;
  let said = '';
  const stop = async (): Promise<void> => {
    const running = child;
    child = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGTERM');
    await ended;
  };
  const start = async (): Promise<void> => {
    const args = ['-n', '-f', join(folder, 'rsyslog.conf'), '-i', join(folder, 'pid'), '-M', join(libraries, 'rsyslog')];
    child = spawn(join(root, 'usr/sbin/rsyslogd'), args, {
      env: { LD_LIBRARY_PATH: libraries, PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
    await waitFor(() => listens(port), { what: `rsyslog to listen; it said: ${said}`, timeoutMs: 30_000, intervalMs: 50 });
  };
  await start();
  return {
    port,
    ca: authority.cert,
    written: async () => (await readFile(out, 'utf8').catch(() => '')).split('\n').filter((line) => line !== ''),
    stop,
    start,
    async dispose() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => (socket.destroy(), resolve(true)));
    socket.once('error', () => resolve(false));
  });
}
