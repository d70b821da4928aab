// How the tests run: which files, how long each may take, and a fixed seed for the property tests.

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/support/fixed-seed.ts'],
    // No test reads or fills the user's own cache.
    env: { DLP_CACHE: '' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    passWithNoTests: true,
  },
})
