/** How a beginning may get its first cluster. */
export type Way = 'here' | 'cloud' | 'import' | 'simulated' | 'later';

export interface Choice {
  readonly way: Way;
  readonly title: string;
  readonly text: string;
  /** Why it cannot be chosen. */
  readonly because?: string;
}

export const CHOICES: readonly Choice[] = [
  {
    way: 'here',
    title: 'A new one, on this machine',
    text: 'A real Kubernetes cluster of one control plane and one worker, in containers of the hub’s host. Takes a few minutes; needs no account and no network.',
  },
  {
    way: 'cloud',
    title: 'A new one, somewhere else',
    text: 'On a cloud or in a data centre: its account or gateway first, then the cluster with every choice.',
  },
  {
    way: 'import',
    title: 'One that runs already',
    text: 'Take over a cluster that somebody else made.',
    because: 'Not possible yet: this hub manages the clusters that it made itself.',
  },
  {
    way: 'simulated',
    title: 'A simulated one',
    text: 'Without machines, to look around.',
    because: 'Not beside real ones: “slipway demo” starts a hub of its own with a fleet that is made up.',
  },
  { way: 'later', title: 'Later', text: 'Look around first. The checklist on the overview leads back here.' },
];
