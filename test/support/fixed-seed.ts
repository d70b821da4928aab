// Property tests use one seed, so that every run has the same cases; DLP_SEED=<n> selects another.

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['DLP_SEED'] ?? 1) })
