import { defineConfig } from 'vitest/config';

const of = (suffix: string): string[] => ['packages/*/src/**', 'apps/*/src/**', 'bench/**', 'test'].map((folder) => `${folder}/*${suffix}`);

// docs/adr/second-try.md: never where a seed made the failure.
const retry = { count: process.env['SLIPWAY_SECOND_TRIES'] === undefined ? 0 : 1, condition: /^(?![^]*(?:seed|Property failed))/i };

// Projects, quick to slow: unit runs anywhere; root needs root and makes containers and networks of its own; cluster runs the whole product.
// oxlint-disable-next-line import/no-default-export -- vitest reads its configuration from the default export.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // One more than CI's cores: many of them wait for a process that they started.
          maxWorkers: 3,
          include: of('.test.ts'),
          exclude: ['**/*.root.test.ts', '**/*.cluster.test.ts', '**/node_modules/**'],
          testTimeout: 90_000,
          hookTimeout: 180_000,
          retry,
        },
      },
      {
        // The console in a real browser, before a real hub.
        test: {
          name: 'console',
          include: ['test/console/*.test.ts'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
          retry,
        },
      },
      {
        test: {
          name: 'root',
          include: of('.root.test.ts'),
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 1_800_000,
        },
      },
    ],
  },
});
