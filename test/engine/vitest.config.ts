import { defineConfig } from 'vitest/config';

/** The engine's tests share one PostgreSQL server, started once for all files. */
export default defineConfig({
  test: {
    name: 'engine',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    globalSetup: ['./global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
