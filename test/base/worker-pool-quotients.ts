// The worker of the pool's test: divides the setup by each job; a negative job is an error of the user.

import { DlpError } from '../../base/error.ts'
import { serveJobs } from '../../base/worker-pool.ts'

await serveJobs<number, number, number>((dividend) => (divisor) => {
  if (divisor < 0)
    throw new DlpError({
      what: `${divisor}`,
      where: 'job',
      allowed: 'at least 1',
      help: 'take another',
      lines: ['a line'],
    })
  if (divisor === 0) throw new Error('division by zero')
  return dividend / divisor
})
