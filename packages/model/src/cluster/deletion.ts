interface Named {
  readonly metadata: { readonly name: string };
}

export interface ClusterDeletion {
  readonly pools: readonly Named[];
  readonly machines: readonly Named[];
  readonly cluster: {
    readonly spec: { readonly profile: { readonly name: string }; readonly cloudAccount: string; readonly gateway: string };
  };
}

/** What goes with a cluster that is deleted, and what stays: the same words wherever somebody is asked. */
export const deletionWords = ({
  pools,
  machines,
  cluster: { spec },
}: ClusterDeletion): { readonly goes: string[]; readonly stays: string[] } => ({
  goes: [
    ...pools.map(({ metadata }) => `pool ${metadata.name}`),
    ...machines.map(({ metadata }) => `machine ${metadata.name}`),
    'every workload and volume inside the cluster',
    'networks and disks that Slipway made for it',
  ],
  stays: [
    `profile ${spec.profile.name}, cloud account ${spec.cloudAccount} and gateway ${spec.gateway}`,
    'the records of what was done with it, in the audit chain',
    'backups elsewhere, and whatever was made outside of Slipway',
  ],
});
