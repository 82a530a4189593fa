import { defineConfig } from 'vitest/config';

/** The model needs no database: pure functions, thousands of schedules a second. */
export default defineConfig({
  test: { name: 'model', root: import.meta.dirname, include: ['**/*.test.ts'], testTimeout: 60_000 },
});
