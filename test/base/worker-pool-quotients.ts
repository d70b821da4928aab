// A worker for the pool's own test: divides what the setup says by each job.

import { serveJobs } from '../../base/worker-pool.ts'

await serveJobs<number, number, number>((dividend) => (divisor) => {
  if (divisor === 0) throw new Error('division by zero')
  return dividend / divisor
})
