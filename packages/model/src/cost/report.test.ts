import { describe, expect, it } from 'vitest';
import { costByProject, costCells, costReport, projectCells } from './report.ts';

const PRICES = { local: { currency: 'EUR', coreHour: '0.1' }, far: { currency: 'USD', machineHour: '1.5' } } as const;
const pricesOf = (account: string) => (account === 'local' || account === 'far' ? PRICES[account] : undefined);
const cluster = (namespace: string, name: string, cloudAccount: string, cpu?: number) => ({
  metadata: { name, namespace },
  spec: { cloudAccount, controlPlane: { replicas: 1, size: { cpu } } },
});
const pool = (namespace: string, of: string, replicas: number, cpu?: number) => ({
  metadata: { name: `${of}-workers`, namespace },
  spec: { cluster: of, replicas, size: { cpu } },
});
const rows = costReport(
  [
    cluster('shop', 'b', 'local', 2),
    cluster('shop', 'a', 'local', 1),
    cluster('shop', 'us', 'far'),
    cluster('shop', 'none', 'nobody', 1),
    cluster('lab', 'a', 'local'),
  ],
  [pool('shop', 'a', 3, 2), pool('shop', 'b', 2), pool('lab', 'a', 1)],
  pricesOf,
);

describe('a report of costs', () => {
  it('has a line for each cluster with its own pools, and leaves what is not known empty', () =>
    expect(costCells(rows).slice(1)).toEqual([
      ['lab', 'a', 'local', '2', '', '', 'EUR', 'control plane: its size says no cores; workers: its size says no cores'],
      ['shop', 'a', 'local', '4', '0.70', '511.00', 'EUR', ''],
      ['shop', 'b', 'local', '3', '0.20', '146.00', 'EUR', 'workers: its size says no cores'],
      ['shop', 'none', 'nobody', '1', '', '', '', 'the account "nobody" has no prices'],
      ['shop', 'us', 'far', '1', '1.50', '1095.00', 'USD', ''],
    ]));

  it('adds up by project, money of one currency alone, and says how many are not counted', () =>
    expect(projectCells(costByProject(rows)).slice(1)).toEqual([
      ['lab', '1', '2', '', '', 'EUR', '1 of 1 clusters in part or whole'],
      ['shop', '2', '7', '0.90', '657.00', 'EUR', '1 of 2 clusters in part or whole'],
      ['shop', '1', '1', '', '', '', '1 of 1 clusters in part or whole'],
      ['shop', '1', '1', '1.50', '1095.00', 'USD', ''],
    ]));
});
