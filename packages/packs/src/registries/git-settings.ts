import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { SlipwayError } from '@slipway/kit';
import type { OutboundAddress } from '@slipway/kit/outbound';
import type { RegistryCredentials } from '@slipway/model';
import { authorizationOf, basicAuth } from './oci-auth.ts';

export interface GitRemote {
  readonly url: string;
  readonly credentials: RegistryCredentials;
  readonly ca?: string | undefined;
  readonly plainHttp: boolean;
  /** HTTP proxy that the connection goes through. */
  readonly proxy?: string | undefined;
  /** Where the host (or the proxy) may be connected to, checked by the guard. */
  readonly addresses: readonly OutboundAddress[];
}

/** Files that git is started with, and what it finds in its environment. Secrets are in files of mode 0600, never in arguments, URLs or the environment. */
export interface GitSettings {
  readonly files: Readonly<Record<string, string>>;
  readonly env: NodeJS.ProcessEnv;
}

const ALWAYS: readonly (readonly [string, string])[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.symlinks', 'false'],
  ['core.askPass', ''],
  ['credential.helper', ''],
  ['submodule.recurse', 'false'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.fsckObjects', 'true'],
  ['transfer.bundleURI', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.allow', 'never'],
  ['http.followRedirects', 'false'],
  ['http.emptyAuth', 'false'],
  ['http.lowSpeedLimit', '1000'],
  ['http.lowSpeedTime', '30'],
];

/** How git is set up for one remote: a configuration of its own, and nothing of whoever runs the hub. */
export function gitSettings(remote: GitRemote, folder: string): GitSettings {
  const url = new URL(remote.url);
  const base = {
    PATH: process.env['PATH'],
    LANG: 'C.UTF-8',
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: join(folder, 'config'),
  };
  const env = { ...base, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: '/bin/false', SSH_ASKPASS: '/bin/false', GIT_LFS_SKIP_SMUDGE: '1' };
  return url.protocol === 'ssh:' ? sshSettings(remote, url, folder, env) : httpSettings(remote, url, folder, env);
}

function httpSettings(remote: GitRemote, url: URL, folder: string, env: NodeJS.ProcessEnv): GitSettings {
  const protocol = url.protocol.slice(0, -1);
  if (protocol !== 'https' && !(protocol === 'http' && remote.plainHttp))
    throw new SlipwayError('Forbidden', `The address of ${url.host} begins with ${url.protocol}//, which is not fetched.`, {
      retryable: false,
    });
  const authorization = gitAuthorization(remote.credentials);
  const pinned = pinnedHost(remote, url);
  const lines: [string, string][] = [
    [`protocol.${protocol}.allow`, 'always'],
    ['http.proxy', remote.proxy ?? ''],
    ['http.sslVerify', 'true'],
    ...(pinned === undefined ? [] : [['http.curloptResolve', pinned] as [string, string]]),
    ...(remote.ca === undefined ? [] : [['http.sslCAInfo', join(folder, 'ca.pem')] as [string, string]]),
    // Only for this host: nothing that is read on the way can make git show it elsewhere.
    ...(authorization === undefined ? [] : [[`http.${url.origin}/.extraHeader`, `Authorization: ${authorization}`] as [string, string]]),
  ];
  const files = {
    config: configText([...ALWAYS, ...lines]),
    ...(remote.ca === undefined ? {} : { 'ca.pem': [...getCACertificates('default'), remote.ca].join('\n') }),
  };
  // curl would take a proxy from here.
  return { files, env: { ...env, NO_PROXY: remote.proxy === undefined ? '*' : '' } };
}

/** A token without a user is a password of whatever user: that is how the large git servers take theirs. */
const gitAuthorization = (credentials: RegistryCredentials): string | undefined =>
  credentials.type === 'token' ? basicAuth(credentials.username ?? 'x-access-token', credentials.token) : authorizationOf(credentials);

/** For curl: `host:port:address,address`. An address in the URL needs no look-up. */
function pinnedHost({ proxy, addresses }: GitRemote, url: URL): string | undefined {
  const { hostname, port, protocol } = proxy === undefined ? url : new URL(proxy);
  if (hostname.startsWith('[') || /^[\d.]+$/.test(hostname)) return undefined;
  const shown = addresses.map(({ address }) => (isIPv6(address) ? `[${address}]` : address));
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}:${shown.join(',')}`;
}

function sshSettings({ credentials, addresses, proxy }: GitRemote, url: URL, folder: string, env: NodeJS.ProcessEnv): GitSettings {
  if (credentials.type !== 'ssh')
    throw new SlipwayError('Invalid', 'An ssh address needs credentials of type "ssh".', { retryable: false });
  if (proxy !== undefined)
    throw new SlipwayError('Invalid', 'ssh does not go through an HTTP proxy: use an https address.', { retryable: false });
  const [first] = addresses;
  if (first === undefined) throw new SlipwayError('Unavailable', `${url.hostname} has no address.`);
  const port = url.port || '22';
  const alias = port === '22' ? url.hostname : `[${url.hostname}]:${port}`;
  const options = [
    ['BatchMode', 'yes'],
    ['IdentitiesOnly', 'yes'],
    ['IdentityAgent', 'none'],
    ['PreferredAuthentications', 'publickey'],
    ['StrictHostKeyChecking', 'yes'],
    ['UserKnownHostsFile', join(folder, 'known_hosts')],
    ['GlobalKnownHostsFile', '/dev/null'],
    ['UpdateHostKeys', 'no'],
    ['VerifyHostKeyDNS', 'no'],
    ['CanonicalizeHostname', 'no'],
    // The name was looked up and checked; ssh connects to what came of it, and knows it by its name.
    ['HostName', first.address],
    ['HostKeyAlias', alias],
    ['CheckHostIP', 'no'],
    ['ProxyCommand', 'none'],
    ['PermitLocalCommand', 'no'],
    ['ForwardAgent', 'no'],
    ['ClearAllForwardings', 'yes'],
    ['ConnectTimeout', '15'],
  ];
  const command = ['ssh', '-F', 'none', '-i', join(folder, 'key'), ...options.flatMap(([name, value]) => ['-o', `${name}=${value}`])];
  return {
    files: {
      config: configText([...ALWAYS, ['protocol.ssh.allow', 'always'], ['ssh.variant', 'ssh']]),
      key: `${credentials.privateKey.trim()}\n`,
      known_hosts: `${credentials.knownHosts.trim()}\n`,
    },
    env: { ...env, GIT_SSH_COMMAND: command.map(shellWord).join(' ') },
  };
}

const shellWord = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`);

/** `section.sub.section.key` as git's configuration file has it. */
function configText(entries: readonly (readonly [string, string])[]): string {
  return entries
    .map(([name, value]) => {
      const first = name.indexOf('.');
      const last = name.lastIndexOf('.');
      const section = first === last ? name.slice(0, first) : `${name.slice(0, first)} ${quoted(name.slice(first + 1, last))}`;
      return `[${section}]\n\t${name.slice(last + 1)} = ${quoted(value)}\n`;
    })
    .join('');
}

function quoted(value: string): string {
  if (/[\0\r\n]/.test(value)) throw new SlipwayError('Invalid', 'A setting of git must not hold line breaks.', { retryable: false });
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
