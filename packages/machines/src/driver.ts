/** What one local machine is asked to be. */
export interface MachineSpec {
  /** DNS label, unique within the instance. Also its host name. */
  readonly name: string;
  /** Free-form labels kept with the machine: `cluster-uid`, `machine-uid`, `role`. */
  readonly labels: Readonly<Record<string, string>>;
  /** `v1.35.4`: decides the kubelet binaries and the image store it starts with. Undefined for machines that run no Kubernetes (load balancer, DNS). */
  readonly kubernetesVersion?: string;
  /** Cores (fractions allowed) and MiB; undefined = no limit. */
  readonly cpu?: number;
  readonly memoryMiB?: number;
  /** CIDR of the pods of the cluster it belongs to, e.g. `10.200.0.0/16`; the machine gets a /24 of it and its CNI configuration. */
  readonly podCidr?: string;
  readonly serviceCidr?: string;
  /** A network of peers whose pod subnets it must reach (the cluster uid): routes between members are kept by the driver. */
  readonly peerGroup?: string;
}

export interface Machine {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: MachineSpec;
  /** `Running`, `Stopped` (by us), `Crashed` (its init ended by itself). */
  readonly state: 'Running' | 'Stopped' | 'Crashed';
  readonly address: string;
  readonly podSubnet?: string;
  /** Host PID of its init while running. */
  readonly pid?: number;
  readonly startedAt?: string;
  /** Why it is Crashed: exit status and the last lines of its console. */
  readonly reason?: string;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly stdin?: string | Buffer;
  /**
   * When it takes longer, the command and what it started (but what made a session of its own) get a SIGTERM, five seconds later a SIGKILL, and `exec`
   * rejects with `Timeout`.
   */
  readonly timeoutMs?: number;
  /** When it aborts, they end likewise and `exec` rejects with its reason. */
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
}

/** An image to have in a machine: an OCI layout directory or an archive, and the names it is known by. */
export interface MachineImage {
  readonly digest: string;
  readonly path: string;
  readonly names: readonly string[];
}

/**
 * Local machines. Implemented by `runc` on Linux as root; a Docker-compatible engine can implement it later.
 *
 * Every method can be repeated: `create` of what exists returns it, `remove` of what is gone does nothing. A call interrupted at any point
 * (kill -9 included) is completed by the next identical call.
 */
export interface MachineDriver {
  /** Makes and starts the machine: network, root, containerd running, image store filled. It does not run kubeadm. */
  create(spec: MachineSpec, signal?: AbortSignal): Promise<Machine>;
  /** Makes now what the first machine of this Kubernetes version would otherwise wait for: its image store, some seconds of unpacking. */
  prepare(version: string, signal?: AbortSignal): Promise<void>;
  get(name: string): Promise<Machine | undefined>;
  list(labels?: Readonly<Record<string, string>>): Promise<Machine[]>;
  /** Starts a stopped or crashed machine again with its disk and address. */
  start(name: string): Promise<Machine>;
  /** Stops it cleanly (kubelet, containers, containerd), keeps its disk. */
  stop(name: string, graceMs?: number): Promise<void>;
  /** Ends it and removes everything it had: processes, mounts, interfaces, namespaces, cgroups, files, address, DNS name. */
  remove(name: string): Promise<void>;
  /** Runs a command inside, as root. */
  exec(name: string, command: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  /** Writes a file inside (through the machine, never into its overlay from outside). */
  writeFile(name: string, path: string, content: string | Buffer, mode?: number): Promise<void>;
  readFile(name: string, path: string): Promise<Buffer>;
  /** Calls back when a machine's state changes, a crash of its init included (within a second). */
  watch(onChange: (machine: Machine) => void, signal: AbortSignal): Promise<void>;
  /**
   * Imports images into a running machine, Kubernetes itself of a version or the given ones; what is there under its name is skipped. An upgrade
   * needs it: kube-proxy moves on all nodes at once, so machines of the old version must have the new one's image.
   */
  importImages(name: string, images: string | readonly MachineImage[], signal?: AbortSignal): Promise<void>;
  /** The last lines of the console of its supervisor. */
  console(name: string, lines?: number): Promise<string>;
}

/** A TCP endpoint in front of a changing set of servers, health-checked, that outlives any of them. */
export interface LoadBalancer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export interface LoadBalancerServer {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Takes no new connections. */
  readonly drain?: boolean;
}

export interface LoadBalancerDriver {
  /** Makes it or returns the one that is there, with the same address for its whole life. */
  ensure(name: string, port: number, labels: Readonly<Record<string, string>>): Promise<LoadBalancer>;
  get(name: string): Promise<LoadBalancer | undefined>;
  list(labels?: Readonly<Record<string, string>>): Promise<LoadBalancer[]>;
  /** Sets the servers behind it without a reload; connections to servers that stay are not cut. */
  setServers(name: string, servers: readonly LoadBalancerServer[]): Promise<void>;
  remove(name: string): Promise<void>;
}

/** What the node image and the binaries of machines come from; `packages/forge` provides it. */
export interface MachineArtifacts {
  /** A directory holding the node root file system, read-only (lower layer). */
  nodeRoot(): Promise<string>;
  /** The multi-call Kubernetes binary for a version (`v1.35.4`). */
  kubernetesBinary(version: string): Promise<string>;
  /** OCI layout directories or archives to preload for a version, each with its image names. */
  images(version: string): Promise<readonly MachineImage[]>;
  /** Those of them that are Kubernetes itself: all that nodes of another version need of this one, while a cluster moves between the two. */
  kubernetesImages(version: string): Promise<readonly MachineImage[]>;
  /** CNI plugins directory (ptp, host-local, loopback, portmap). */
  cniPlugins(): Promise<string>;
}

/** One instance of Slipway on this host: everything it makes carries `id`, so that several live side by side and one purge removes only its own. */
export interface HostInstance {
  /** At most 6 characters [a-z0-9]; part of interface, namespace and cgroup names. */
  readonly id: string;
  /** State directory: `<home>/machines`, `<home>/run`, … */
  readonly home: string;
  /** Cache directory shared between instances: unpacked node roots and image stores, keyed by digest. */
  readonly cache: string;
  /** Machine network, a /24: `10.88.7.0/24`; `.1` is the host on the bridge (the hub listens there), `.2` DNS. */
  readonly subnet: string;
}
