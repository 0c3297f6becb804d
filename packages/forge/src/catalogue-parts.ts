import type { ImageConfig, LayerSource, Piece, ReleaseFile } from './piece.ts';

export const NONROOT = '65532:65532';
export const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What programs look up besides their own files: users, name service order, a writable /tmp, certificates. */
export const ACCOUNTS: readonly LayerSource[] = [
  {
    from: 'text',
    path: 'etc/passwd',
    content: 'root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n',
  },
  { from: 'text', path: 'etc/group', content: 'root:x:0:\nnonroot:x:65532:\n' },
  { from: 'text', path: 'etc/nsswitch.conf', content: 'hosts: files dns\n' },
  { from: 'directory', path: 'tmp', mode: 0o1777 },
  { from: 'directory', path: 'home/nonroot', mode: 0o755, uid: 65532 },
];
/** Shared libraries, without character set converters and systemd units. */
export const LIBRARIES = '^(usr/)?lib(?!.*/(gconv|systemd)/)';
export const CERTIFICATES: LayerSource = { from: 'ca-bundle', path: 'etc/ssl/certs/ca-certificates.crt' };

interface Program {
  readonly name: string;
  readonly version: string;
  readonly module: string;
  readonly package: string;
  readonly output: string;
  readonly set?: readonly string[];
  readonly waits?: { readonly file: string; readonly of: string };
  readonly changes?: { readonly file: string; readonly of: string };
  readonly release?: ReleaseFile;
}

export const program = ({ name, version, module, package: main, output, set, waits, changes, release }: Program): Piece => ({
  name,
  version,
  kind: 'binary',
  recipe: {
    type: 'go',
    module,
    programs: [{ package: main, output }],
    ...(set && { set }),
    ...(waits && { waits }),
    ...(changes && { changes }),
  },
  ...(release && { release }),
});

export const layer = (name: string, version: string, files: readonly LayerSource[]): Piece => ({
  name: `layer/${name}`,
  version,
  kind: 'layer',
  recipe: { type: 'layer', files },
});

/** The usual image here: one static program, a user, certificates. */
export const programImage = (name: string, version: string, names: readonly string[], path: string, config: ImageConfig): Piece[] => [
  layer(name, version, [{ from: 'piece', piece: name, path }]),
  {
    name: `image/${name}`,
    version,
    kind: 'oci-layout',
    recipe: { type: 'image', images: [{ names, layers: ['layer/accounts', `layer/${name}`], config }] },
  },
];

/** Debian's alternatives are made by maintainer scripts, which are not run here: the same links, to the nf_tables variant as on a Debian node. */
export const IPTABLES_LINKS = ['iptables', 'ip6tables'].flatMap((name) =>
  ['', '-save', '-restore'].map((verb): LayerSource => ({ from: 'link', path: `usr/sbin/${name}${verb}`, to: 'xtables-nft-multi' })),
);

/** iptables, nft and conntrack with every library they load. */
export const IPTABLES_PACKAGES = (
  'iptables libxtables12 libip4tc2 libip6tc2 libmnl0 libnetfilter-conntrack3 libnfnetlink0 libnftnl11 libc6 conntrack ' +
  'nftables libnftables1 libjansson4 libgmp10 libedit2 libbsd0 libmd0 libtinfo6'
).split(' ');
