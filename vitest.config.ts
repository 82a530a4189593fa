import { defineConfig } from 'vitest/config';

/** One project a folder of `test/`. Two workers: most tests start databases, which are processes of their own. */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 20_000 } },
      { test: { name: 'site', include: ['test/site/**/*.test.ts'], testTimeout: 20_000 } },
      'test/model/vitest.config.ts',
      'test/engine/vitest.config.ts',
      {
        test: {
          name: 'sandbox',
          include: ['test/sandbox/**/*.test.ts'],
          // A cold start makes the template; a container engine takes its time.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
