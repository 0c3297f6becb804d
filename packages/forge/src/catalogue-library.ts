import { layer, LIBRARIES, NONROOT, PATH, program } from './catalogue-parts.ts';
import type { ImageConfig, LayerSource, Piece } from './piece.ts';

/**
 * What the packs of the starter library run besides what every cluster has. Nobody makes these ahead: a machine that pulls one has it made (see
 * `image-server.ts`), and a cluster that uses none waits for none.
 */

const FLANNEL = 'v0.28.4';
/** Raised with every change of `apps/ingress`: packs name it. */
const INGRESS = '1.0.0';

/**
 * Programs of Debian in their own layer on the C library that the agent's image has anyway. The tag is Debian's upstream version and a number of ours, raised with
 * the recipe; Debian's own revision, which security updates move, is noted in the piece.
 */
interface DebianImage {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly string[];
  /** Paths to keep besides shared libraries and copyright files. */
  readonly only: readonly string[];
  /** Which shared libraries; all of them by default. */
  readonly libraries?: string;
  readonly more?: readonly LayerSource[];
  readonly config: ImageConfig;
}

const debianImage = ({ name, version, packages, only, libraries = LIBRARIES, more = [], config }: DebianImage): Piece[] => [
  layer(name, version, [{ from: 'debian', packages, only: [...only, libraries, '/copyright$'] }, ...more]),
  {
    name: `image/${name}`,
    version,
    kind: 'oci-layout',
    recipe: {
      type: 'image',
      images: [
        {
          names: [`slipway.dev/${name}:${version}`],
          layers: ['layer/agent-base', `layer/${name}`],
          config: { user: NONROOT, env: [PATH], ...config },
        },
      ],
    },
  },
];

/** The server, its tools and client, with every library they load. */
const POSTGRESQL_PACKAGES = (
  'postgresql-15 postgresql-client-15 libpq5 libssl3 libgssapi-krb5-2 libkrb5-3 libk5crypto3 libkrb5support0 libcom-err2 libkeyutils1 libldap-2.5-0 libsasl2-2 ' +
  'libicu72 libxml2 libxslt1.1 liblzma5 liblz4-1 libzstd1 zlib1g libpam0g libaudit1 libcap-ng0 libselinux1 libpcre2-8-0 libsystemd0 libcap2 libgcrypt20 ' +
  'libgpg-error0 libgnutls30 libp11-kit0 libidn2-0 libunistring2 libtasn1-6 libnettle8 libhogweed6 libgmp10 libffi8 libuuid1 libreadline8 libtinfo6 libcrypt1 libc-bin tzdata'
).split(' ');

const HAPROXY_PACKAGES =
  'haproxy libcrypt1 liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 libpcre2-8-0 libssl3 libsystemd0 libcap2 libgcrypt20 libgpg-error0 liblz4-1 liblzma5 libzstd1 zlib1g'.split(
    ' ',
  );

const BIN = '/usr/lib/postgresql/15/bin';

export const LIBRARY: readonly Piece[] = [
  layer('haproxy', '2.6-1', [{ from: 'debian', packages: HAPROXY_PACKAGES, only: ['^usr/sbin/haproxy$', LIBRARIES, '/copyright$'] }]),
  {
    name: 'image/ingress',
    version: INGRESS,
    kind: 'oci-layout',
    recipe: {
      type: 'program-image',
      repository: 'slipway.dev/ingress',
      tag: INGRESS,
      // The agent's layers too, which every node has: Node costs nothing then.
      layers: ['layer/agent-base', 'layer/agent-tools', 'layer/haproxy'],
      entry: 'apps/ingress/src/main.ts',
      path: 'app/ingress.mjs',
      config: {
        entrypoint: [
          '/usr/local/bin/node',
          '--max-semi-space-size=2',
          '--max-old-space-size=192',
          '--optimize-for-size',
          '/app/ingress.mjs',
        ],
        user: NONROOT,
        workingDir: '/home/nonroot',
        env: [PATH, 'HOME=/home/nonroot', 'NODE_ENV=production', 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt', 'MALLOC_ARENA_MAX=1'],
      },
    },
  },
  program({
    name: 'flannel',
    version: FLANNEL,
    module: 'flannel',
    package: 'github.com/flannel-io/flannel',
    changes: { file: 'changes.json', of: 'github.com/flannel-io/flannel' },
    output: 'flanneld',
    set: [`github.com/flannel-io/flannel/pkg/version.Version=${FLANNEL}`],
  }),
  layer('flannel', FLANNEL, [{ from: 'piece', piece: 'flannel', path: 'opt/bin/flanneld' }]),
  {
    name: 'image/flannel',
    version: FLANNEL,
    kind: 'oci-layout',
    recipe: {
      type: 'image',
      images: [
        {
          names: [`slipway.dev/flannel:${FLANNEL}`],
          layers: ['layer/accounts', 'layer/iptables', 'layer/flannel'],
          config: { entrypoint: ['/opt/bin/flanneld'], env: [PATH] },
        },
      ],
    },
  },
  ...debianImage({
    name: 'prometheus',
    version: '2.42.0-1',
    packages: ['prometheus'],
    only: ['^usr/bin/(prometheus|promtool)$'],
    config: { entrypoint: ['/usr/bin/prometheus'] },
  }),
  ...debianImage({
    name: 'node-exporter',
    version: '1.5.0-1',
    packages: ['prometheus-node-exporter'],
    only: ['^usr/bin/prometheus-node-exporter$'],
    config: { entrypoint: ['/usr/bin/prometheus-node-exporter'] },
  }),
  ...debianImage({
    name: 'postgresql',
    version: '15-1',
    packages: POSTGRESQL_PACKAGES,
    // Without the just-in-time compiler: LLVM is 120 MB, and pays off on servers of another size.
    libraries: '^(usr/)?lib(?!.*/(gconv|systemd|bitcode)/)(?!.*/llvmjit)',
    only: ['^usr/lib/postgresql/15/bin/', '^usr/share/postgresql/15/(?!man/)', '^usr/share/zoneinfo/'],
    more: [
      // For the scripts that make a database on the first start and check it.
      { from: 'debian', packages: ['busybox-static'], only: ['^bin/busybox$', '/copyright$'] },
      ...['sh', 'cat', 'chmod', 'mkdir', 'mv', 'rm', 'sleep', 'ls'].map((name): LayerSource => ({
        from: 'link',
        path: `bin/${name}`,
        to: 'busybox',
      })),
    ],
    config: { entrypoint: [`${BIN}/postgres`], env: [`${PATH}:${BIN}`, 'LANG=C.UTF-8'] },
  }),
];
