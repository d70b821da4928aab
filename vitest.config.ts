// How the tests run: which files, how long each may take, and a fixed seed for the property tests. DLP_TESTS=long takes those that are too long for every day.

import { configDefaults, defineConfig } from 'vitest/config'

const long = process.env['DLP_TESTS'] === 'long'

export default defineConfig({
  test: {
    include: [long ? 'test/**/*.long.test.ts' : 'test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...(long ? [] : ['test/**/*.long.test.ts'])],
    setupFiles: ['test/support/fixed-seed.ts'],
    // No test reads or fills the user's own cache.
    env: { DLP_CACHE: '' },
    testTimeout: long ? 600_000 : 60_000,
    hookTimeout: long ? 600_000 : 60_000,
    pool: 'forks',
    // Files share a process, and its modules: a quarter less time than a process each.
    isolate: false,
    maxWorkers: 2,
    passWithNoTests: true,
  },
})
