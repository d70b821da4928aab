// A worker for the pool's own test: divides what the setup says by each job; a negative one is an error of the user.

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
