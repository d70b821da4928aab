// Property tests draw from one seed, so that a run says the same everywhere; DLP_SEED=<n> explores others.

import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env['DLP_SEED'] ?? 1) })
