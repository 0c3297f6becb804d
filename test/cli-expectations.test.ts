import { execFile, spawn } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { waitFor } from '@slipway/kit';
import { freePorts } from '@slipway/testkit';
import { parse } from 'yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { entries } from '../apps/cli/src/entries.ts';
import { type CliHub, cliMain, startCliHub } from '../apps/cli/src/testing/cli-hub.ts';

const CLUSTERS = '/apis/slipway.dev/v1/namespaces/default/clusters';
const COLOUR = '\u001B[';
const SLOWNESS = Number(process.env['SLIPWAY_TEST_SLOWNESS'] ?? 1);

/** What the command line owes its users, shown on the program itself, before a real hub. Nothing here needs root. */
describe('what the command line owes', { timeout: 240_000 }, () => {
  let hub: CliHub;
  const slipway: CliHub['slipway'] = (args, options) => hub.slipway(args, options);
  beforeAll(async () => {
    hub = await startCliHub();
    expect((await slipway(['create', 'cluster', 'one', '--workers', '2'])).code).toBe(0);
    expect((await slipway(['create', 'cluster', 'two', '--workers', '0'])).code).toBe(0);
  }, 240_000);
  afterAll(() => hub?.stop());

  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(hub.folder, name), text);
    return join(hub.folder, name);
  };
  /** What the hub answers to the same caller, without the command line. */
  const asked = async (path: string): Promise<unknown> => {
    const { contexts } = parse(await readFile(hub.env['SLIPWAY_CONFIG'] ?? '', 'utf8')) as { contexts: { token: string }[] };
    const headers = { authorization: `Bearer ${contexts[0]?.token ?? ''}` };
    const ca = await readFile(hub.ca);
    return new Promise((resolve, reject) => {
      const outgoing = request(`${hub.server}${path}`, { ca, headers }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString()));
        response.on('end', () => resolve(JSON.parse(text)));
      });
      outgoing.on('error', reject).end();
    });
  };
  /** On a terminal of its own, as somebody sits before it; `typed` is what they type when they are asked. */
  const onTerminal = (args: readonly string[], { typed = '', env = {} }: { typed?: string; env?: NodeJS.ProcessEnv } = {}) =>
    new Promise<{ code: number; seen: string }>((resolve) => {
      const line = [process.execPath, cliMain, ...args].map((part) => `'${part.replaceAll("'", String.raw`'\''`)}'`).join(' ');
      const child = spawn('script', ['-qefc', line, '/dev/null'], { env: { ...hub.env, TERM: 'xterm', ...env }, stdio: 'pipe' });
      let seen = '';
      child.stdout.on('data', (chunk: Buffer) => {
        const before = seen.includes('Type "');
        seen += chunk.toString();
        if (typed !== '' && !before && seen.includes('Type "')) child.stdin.write(`${typed}\n`);
      });
      child.on('close', (code) => resolve({ code: code ?? -1, seen }));
    });
  const started = (args: readonly string[]) => {
    const child = spawn(process.execPath, [cliMain, ...args], { env: hub.env, stdio: ['ignore', 'pipe', 'pipe'] });
    const heard = { out: '', talk: '' };
    child.stdout.on('data', (chunk: Buffer) => (heard.out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (heard.talk += chunk.toString()));
    const code = new Promise<number | null>((resolve) => child.once('close', resolve));
    return { child, heard, code };
  };

  it('starts in less than 300 ms, help, completion and errors too (E26)', async () => {
    for (const args of [['--help'], ['get', '--help'], ['completion', 'bash'], ['gett']]) {
      const times: number[] = [];
      for (let attempt = 0; attempt < 40 && Math.min(...times) >= 300 * SLOWNESS; attempt++) {
        const begun = performance.now();
        await slipway(args);
        times.push(performance.now() - begun);
      }
      // The best of some: what the program needs, not what else the machine did.
      expect(Math.min(...times), args.join(' ')).toBeLessThan(300 * SLOWNESS);
    }
  });

  it('has named contexts, and takes hub and token from the environment of CI without a file (E26)', async () => {
    const config = join(hub.folder, 'contexts.yaml');
    const env = { SLIPWAY_CONFIG: config };
    const { contexts } = parse(await readFile(hub.env['SLIPWAY_CONFIG'] ?? '', 'utf8')) as { contexts: { token: string }[] };
    const token = contexts[0]?.token ?? '';
    for (const name of ['work', 'home'])
      await slipway(['login', hub.server, '--name', name, '--ca-file', hub.ca, '--token-stdin'], { env, input: token });
    expect((await slipway(['context'], { env })).out).toMatch(/^ +work .*\n\* +home /m);
    await slipway(['context', 'work'], { env });
    expect((await slipway(['context'], { env })).out).toMatch(/^\* +work/m);
    expect((await slipway(['get', 'clusters', '--context', 'home', '-o', 'name'], { env })).out).toContain('cluster/one\n');
    expect((await slipway(['get', 'clusters', '--context', 'elsewhere'], { env })).code).toBe(4);
    const ci = {
      SLIPWAY_CONFIG: join(hub.folder, 'none.yaml'),
      SLIPWAY_SERVER: hub.server,
      SLIPWAY_CA_FILE: hub.ca,
      SLIPWAY_TOKEN: token,
    };
    expect((await slipway(['get', 'clusters', '-o', 'name'], { env: ci })).out).toContain('cluster/one\n');
    await expect(readFile(ci.SLIPWAY_CONFIG)).rejects.toThrow('ENOENT');
  });

  it('completes commands, nouns, and the names there are now (E26)', async () => {
    const words = async (...typed: string[]) => (await slipway(['completion', 'words', '--', ...typed])).out.split('\n');
    expect(await words()).toEqual(expect.arrayContaining(['get', 'rollout', 'can-i']));
    expect(await words('get')).toEqual(expect.arrayContaining(['clusters', 'gateway']));
    expect(await words('get', 'cluster')).toEqual(expect.arrayContaining(['one', 'two']));
    expect(await words('kubeconfig')).toEqual(expect.arrayContaining(['one', 'two']));
    // As bash asks for it.
    const script = `source <('${process.execPath}' '${cliMain}' completion bash); slipway() { '${process.execPath}' '${cliMain}' "$@"; }; COMP_WORDS=(slipway get cluster o); COMP_CWORD=3; _slipway; echo "\${COMPREPLY[@]}"`;
    const reply = await new Promise<string>((resolve) => execFile('bash', ['-c', script], { env: hub.env }, (_error, out) => resolve(out)));
    expect(reply).toBe('one\n');
  });

  it('speaks to its hub and to nobody else (E26)', async () => {
    const log = join(hub.folder, 'connections.txt');
    const spy = await write(
      'spy.mjs',
      `import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...args) {
  const to = Array.isArray(args[0]) ? args[0][0] : args[0];
  appendFileSync(${JSON.stringify(log)}, (to?.path ?? (to?.host ?? 'localhost') + ':' + to?.port) + '\\n');
  return connect.apply(this, args);
};`,
    );
    const env = { NODE_OPTIONS: `--import ${spy}` };
    for (const args of [['get', 'clusters'], ['gett'], ['whoami'], ['version'], ['--help']]) await slipway(args, { env });
    const reached = new Set((await readFile(log, 'utf8')).trim().split('\n'));
    expect([...reached]).toEqual([new URL(hub.server).host]);
  });

  it('is one file where its sources are not, as quick, and says what it leaves to them (E26)', async () => {
    const folder = join(hub.folder, 'elsewhere');
    await mkdir(folder);
    const program = join(folder, 'slipway');
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../packages/forge/src/cli.ts'), 'command-line', program]);
    expect(await readdir(folder)).toEqual(['slipway']);
    const env = { ...hub.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
    const run = (...args: string[]) =>
      new Promise<{ code: number; out: string; talk: string; ms: number }>((resolve) => {
        const begun = performance.now();
        execFile(program, args, { env, cwd: folder }, (error, out, talk) =>
          resolve({ code: Number(error?.code ?? 0), out, talk, ms: performance.now() - begun }),
        );
      });
    expect((await run('get', 'clusters', '-o', 'name')).out).toBe((await slipway(['get', 'clusters', '-o', 'name'])).out);
    expect(
      await run('plan', '-f', await write('more.yaml', 'apiVersion: slipway.dev/v1\nkind: Project\nmetadata: {name: more}\nspec: {}\n')),
    ).toMatchObject({ code: 7 });
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../package.json'), 'utf8')) as { version: string };
    expect((await run('version', '--client')).out).toContain(`Client:  ${version}`);
    expect((await run('--help')).out).not.toMatch(/^ +up /m);
    expect(await run('up')).toMatchObject({ code: 2, talk: expect.stringMatching(/"up" is not in the command line alone[^]*checkout/) });
    const times: number[] = [];
    for (let attempt = 0; attempt < 40 && Math.min(...times) >= 300 * SLOWNESS; attempt++) times.push((await run('get', '--help')).ms);
    expect(Math.min(...times)).toBeLessThan(300 * SLOWNESS);
  });

  it('has the same verbs for every noun, in either order, and own words for what is meant (E27)', async () => {
    const same = async (one: string[], other: string[]) => {
      const [first, second] = await Promise.all([slipway(one), slipway(other)]);
      expect(second, other.join(' ')).toEqual(first);
      return first;
    };
    expect(await same(['get', 'cluster', 'one', '-o', 'name'], ['cluster', 'get', 'one', '-o', 'name'])).toMatchObject({ code: 0 });
    expect(await same(['get', 'users', '-o', 'name'], ['user', 'list', '-o', 'name'])).toMatchObject({ code: 0, out: 'user/admin\n' });
    expect((await slipway(['cluster', 'events', 'one'])).code).toBe(0);
    // A command of the noun's own name keeps its verbs.
    expect((await slipway(['registry', 'sync', 'nope'])).code).toBe(4);
    // Every kind that the hub serves is a noun: none is left out by hand.
    const { resources } = (await asked('/apis/slipway.dev/v1')) as { resources: { name: string; verbs: string[] }[] };
    const served = resources.filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list')).map(({ name }) => name);
    const nouns = (await slipway(['explain'])).out;
    expect(served.filter((name) => !nouns.includes(`\n${name} `))).toEqual([]);
    expect(served.length).toBeGreaterThan(20);
    expect((await slipway(['explain', 'cluster.spec.controlPlane.replicas'])).out).toMatch(/1 \| 3 \| 5|replicas/);
    expect((await slipway(['gett', 'clusters'])).talk).toContain('Did you mean get?');
    expect((await slipway(['get', 'clsuters'])).talk).toContain('Did you mean "clusters"?');
    expect((await slipway(['explain', 'cluster.spec.profle'])).talk).toContain('profile');
    expect((await slipway(['get', 'clusters', '--selectr', 'a=b'])).talk).toContain('Did you mean --selector?');
  });

  it('opens every help with examples (E27)', async () => {
    for (const { name } of entries) {
      const { code, out, talk } = await slipway([name, '--help']);
      expect({ name, code, talk, opens: out.split('\n')[0] }).toEqual({ name, code: 0, talk: '', opens: 'Examples:' });
      expect(out).toContain('Usage: slipway');
    }
    expect((await slipway(['registry', 'sync', '--help'])).out).toMatch(/^Examples:\n {2}slipway registry sync/);
    expect((await slipway([])).out.indexOf('Examples:')).toBeLessThan((await slipway([])).out.indexOf('This machine:'));
  });

  it('gives the API’s own JSON, and tables, YAML and names, on standard output; talk goes to standard error (E28)', async () => {
    const json = JSON.parse((await slipway(['get', 'cluster', 'one', '-o', 'json'])).out) as { status: object };
    const raw = (await asked(`${CLUSTERS}/one`)) as { status: object };
    // The hub may write a status between the two.
    expect({ ...json, status: {}, metadata: { ...Reflect.get(json, 'metadata'), resourceVersion: '', managedFields: [] } }).toEqual({
      ...raw,
      status: {},
      metadata: { ...Reflect.get(raw, 'metadata'), resourceVersion: '', managedFields: [] },
    });
    const { items } = JSON.parse((await slipway(['get', 'clusterprofiles', '-o', 'json'])).out) as { items: object[] };
    expect(items).toEqual(
      ((await asked('/apis/slipway.dev/v1/clusterprofiles')) as { items: object[] }).items.map((item) => ({
        apiVersion: 'slipway.dev/v1',
        kind: 'ClusterProfile',
        ...item,
      })),
    );
    const yaml = await slipway(['get', 'clusterprofile', 'starter', '-o', 'yaml']);
    expect(parse(yaml.out)).toEqual(JSON.parse((await slipway(['get', 'clusterprofile', 'starter', '-o', 'json'])).out));
    const table = await slipway(['get', 'clusters']);
    expect(table).toMatchObject({ code: 0, talk: '', out: expect.stringMatching(/^NAME +.*\none +/) });
    expect((await slipway(['get', 'clusters', '-o', 'wide'])).out.split('\n')[0]?.length).toBeGreaterThan(
      (table.out.split('\n')[0] ?? '').length,
    );
    expect((await slipway(['get', 'clusters', '-o', 'name'])).out).toBe('cluster/one\ncluster/two\n');
    expect(await slipway(['get', 'machines'])).toMatchObject({ code: 0, out: '', talk: 'No machines in project "default".\n' });
    expect(await slipway(['get', 'cluster', 'nope', '-o', 'json'])).toMatchObject({ out: '', talk: expect.stringMatching(/^error: /) });
    expect((await slipway(['get', 'clusters', '-o', 'xml'])).code).toBe(2);
  });

  it('paints and asks on a terminal only, and never with NO_COLOR or --no-input (E28)', async () => {
    expect((await onTerminal(['get', 'clusters'])).seen).toContain(COLOUR);
    expect((await onTerminal(['get', 'clusters'], { env: { NO_COLOR: '1' } })).seen).not.toContain(COLOUR);
    expect((await slipway(['get', 'clusters'])).out).not.toContain(COLOUR);
    expect((await slipway(['get', 'cluster', 'nope'])).talk).not.toContain(COLOUR);
    const unasked = await onTerminal(['delete', 'cluster', 'two', '--no-input']);
    expect(unasked).toMatchObject({ code: 2, seen: expect.stringContaining('add --yes') });
    expect((await slipway(['delete', 'cluster', 'two'])).code).toBe(2);
    expect((await slipway(['login', hub.server, '--user', 'ada'])).code).toBe(2);
  });

  it('takes secrets from a file, standard input or a hidden question, never from an argument (E28)', async () => {
    const taken: string[] = [];
    const visit = async (command: string[]): Promise<void> => {
      const { out } = await slipway([...command, '--help']);
      taken.push(...[...out.matchAll(/^ +(?:-\w, )?(--[\w-]+ <[^>]+>)/gm)].map(([, option = '']) => option));
      const children = /^Commands:\n((?: .*\n)+)/m.exec(out)?.[1] ?? '';
      for (const [, child = ''] of children.matchAll(/^ {2}([a-z-]+) /gm)) if (child !== 'help') await visit([...command, child]);
    };
    for (const { name } of entries) await visit([name]);
    expect(taken.length).toBeGreaterThan(100);
    // A word for a secret is followed by a file, or by nothing: `--token-file <file>`, `--key <pem>`.
    expect(taken.filter((option) => /pass|secret|token|credential/.test(option) && !/<file>|-file|-stdin/.test(option))).toEqual([]);
  });

  it('shows a change before it is made, and makes none that is only tried (E29)', async () => {
    const file = await write(
      'three.yaml',
      'apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: three}\nspec:\n  profile: {name: starter, version: 1.0.0}\n',
    );
    expect(await slipway(['diff', '-f', file])).toMatchObject({ code: 7, out: expect.stringContaining('create') });
    expect(await slipway(['plan', '-f', file])).toMatchObject({ code: 7, out: expect.stringContaining('create') });
    expect(await slipway(['apply', '-f', file, '--dry-run'])).toMatchObject({ code: 0, out: 'cluster/three created (dry run)\n' });
    expect(await slipway(['create', 'cluster', 'three', '--dry-run'])).toMatchObject({ code: 0 });
    expect((await slipway(['get', 'cluster', 'three'])).code).toBe(4);
    expect((await slipway(['apply', '-f', file])).out).toBe('cluster/three created\n');
    expect(await slipway(['diff', '-f', file])).toMatchObject({ code: 0 });
  });

  it('deletes what is named once more, and nothing else (E29)', async () => {
    const wrong = await onTerminal(['delete', 'cluster', 'two'], { typed: 'tow' });
    expect(wrong.code).toBe(1);
    expect(wrong.seen).toContain('every workload and volume inside the cluster');
    expect(wrong.seen).toContain('Not confirmed: nothing was changed.');
    expect((await slipway(['get', 'cluster', 'two'])).code).toBe(0);
    expect(await onTerminal(['delete', 'cluster', 'two'], { typed: 'two' })).toMatchObject({ code: 0 });
    await waitFor(async () => (await slipway(['get', 'cluster', 'two'])).code === 4, { what: 'it to be gone', timeoutMs: 60_000 });
    expect((await slipway(['delete', 'cluster', 'three', '--yes'])).code).toBe(0);
    expect((await slipway(['delete', 'cluster', 'three', '--yes'])).code).toBe(4);
  });

  it('waits with the console’s timeline, and Ctrl-C leaves the work to the hub and says how to come back (E29)', async () => {
    const { child, heard, code } = started(['create', 'cluster', 'four', '--wait']);
    // What it waits for is the hub's own word for it, which the console shows too.
    const { status } = await waitFor(
      async () => {
        const found = (await asked(`${CLUSTERS}/four`)) as { status?: { message?: string; timeline?: { step: string }[] } };
        return found.status?.message ? found : undefined;
      },
      { what: 'the hub to look at it', timeoutMs: 60_000 },
    );
    const words = [...(status?.timeline ?? []).map(({ step }) => step), status?.message ?? ''];
    await waitFor(() => words.some((word) => heard.talk.includes(word.slice(0, 40))), { what: words.join(' or '), timeoutMs: 60_000 });
    child.kill('SIGINT');
    expect(await code).toBe(130);
    expect(heard.out).toBe('cluster/four created\nmachinepool/four-workers created\n');
    const again = /Detached: the hub goes on with cluster "four"\. Follow it again with: slipway (.*)/.exec(heard.talk)?.[1] ?? '';
    expect(again).toBe('wait cluster four');
    expect((await slipway(['get', 'cluster', 'four'])).code).toBe(0);
    expect(await slipway([...again.split(' '), '--timeout', '1s'])).toMatchObject({
      code: 6,
      talk: expect.stringContaining('goes on by itself'),
    });
  });

  it('fails with cause, next step and request id, and a code for each kind of failure (E30)', async () => {
    const missing = await slipway(['get', 'cluster', 'nope']);
    expect(missing).toMatchObject({ code: 4, talk: expect.stringMatching(/^error: .*"nope".*\(request [\w-]+\)\n/) });
    const id = /\(request ([\w-]+)\)/.exec(missing.talk)?.[1] ?? '';
    expect(id.length).toBeGreaterThan(8);
    const codes = {
      0: await slipway(['get', 'clusters']),
      1: await slipway([
        'apply',
        '-f',
        await write('bad.yaml', 'apiVersion: slipway.dev/v1\nkind: Cluster\nmetadata: {name: x}\nspec: {colour: red}\n'),
      ]),
      2: await slipway(['get']),
      3: await slipway(['get', 'clusters'], { env: { SLIPWAY_TOKEN: 'swt_wrong' } }),
      4: missing,
      5: await slipway(['create', 'cluster', 'one']),
      6: await slipway(['wait', 'cluster', 'one', '--timeout', '300ms']),
      7: await slipway([
        'diff',
        '-f',
        await write('new.yaml', 'apiVersion: slipway.dev/v1\nkind: Project\nmetadata: {name: extra}\nspec: {}\n'),
      ]),
    };
    expect(Object.entries(codes).map(([code, run]) => [Number(code), run.code])).toEqual(
      Object.keys(codes).map((code) => [Number(code), Number(code)]),
    );
    const documented = await readFile(join(import.meta.dirname, '../docs/exit-codes.md'), 'utf8');
    for (const code of Object.keys(codes)) expect(documented).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
    expect(codes[1].talk).toContain('bad.yaml:4: spec.colour: there is no such field');
    const [port = 0] = await freePorts(1);
    const away = await slipway(['get', 'clusters'], {
      env: { SLIPWAY_CONFIG: join(hub.folder, 'none.yaml'), SLIPWAY_SERVER: `https://127.0.0.1:${port}` },
    });
    expect(away).toMatchObject({ code: 1, talk: expect.stringMatching(/cannot be reached[^]*What to do: /) });
    const nobody = await slipway(['get', 'clusters'], { env: { SLIPWAY_CONFIG: join(hub.folder, 'none.yaml') } });
    expect(nobody).toMatchObject({ code: 3, talk: expect.stringMatching(/What to do: .*slipway login/) });
    // Where it came from is told to who asks for it.
    expect(missing.talk).not.toMatch(/^ {4}at /m);
    expect((await slipway(['get', 'cluster', 'nope', '--debug'])).talk).toMatch(/^ {4}at /m);
  });

  it('can do all that the console can: what that asks the hub for besides objects has a command (E30)', async () => {
    const sources = async (folder: string) => {
      const root = join(import.meta.dirname, '../apps', folder, 'src');
      const files = (await readdir(root, { recursive: true })).filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name));
      return Promise.all(files.map((name) => readFile(join(root, name), 'utf8')));
    };
    // `${objectPath(…)}/plan`, user(name, 'sessions'), and paths below the API: what is no plain object of a kind, of which get, apply and delete know all.
    const asks =
      /objectPath\([^`]*\)\}\/([a-z]+)|\buser\(name, '([a-z]+)'\)|slipway\.dev\/v1\/(auditchain)|\}\/(values)`|podPath\([^`]*\)\}\/(log)|(exec)\?/g;
    const found = new Set<string>();
    for (const text of await sources('console')) for (const match of text.matchAll(asks)) found.add(match.slice(1).find(Boolean) ?? '');
    const commands: Readonly<Record<string, readonly string[]>> = {
      accept: ['pack', 'accept'],
      auditchain: ['audit', 'verify'],
      content: ['pack', 'show'],
      exec: ['kubectl'],
      invitation: ['user', 'invite'],
      kubeconfig: ['kubeconfig'],
      log: ['kubectl'],
      plan: ['plan'],
      proxy: ['kubectl'],
      sessions: ['sessions'],
      sync: ['registry', 'sync'],
      token: ['apikey'],
      values: ['values'],
    };
    expect(
      [...found].filter((name) => commands[name] === undefined),
      'has no command',
    ).toEqual([]);
    expect(found.size).toBeGreaterThan(8);
    for (const name of found) {
      const command = commands[name] ?? [];
      expect((await slipway([...command, '--help'])).out, name).toMatch(new RegExp(`^Usage: slipway ${command.join(' ')}\\b`, 'm'));
    }
  });
});
