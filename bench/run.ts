/**
 * Runs one of the benches and prints its table; the figures are kept in bench/results/.
 *
 *     npm run bench                 a whole Slipway against raw kubeadm      (also: -- quick, -- create)
 *     npm run bench -- api          the hub's API against a kube-apiserver   (also: -- api quick)
 *     npm run bench -- flood        one tenant's flood beside another's requests, and half-open connections
 *     npm run bench -- packs        the import of 200 packs of Palette
 *     npm run bench -- events       a million events of watches, compared one by one    (also: -- events quick)
 *     npm run bench -- profiles     resolving, planning, and the plan of a rollout over 10,000 clusters
 *     npm run bench -- agents       a change on its way to 10,000 agents             (also: -- agents 1000)
 *     npm run bench -- console      the console in Chromium before a demo of 5,000 clusters   (also: -- console quick)
 */
const suites = {
  profiles: './profiles.ts',
  agents: './agents.ts',
  api: './api/bench.ts',
  flood: './flood.ts',
  packs: './packs.ts',
  events: './events/bench.ts',
  console: './console/bench.ts',
  cluster: './cluster.ts',
};
const suite = Object.entries(suites).find(([name]) => process.argv.includes(name))?.[1] ?? suites.cluster;
await import(suite);
