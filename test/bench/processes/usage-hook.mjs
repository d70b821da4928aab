// Loaded into a measured process before its program: at its end it writes what it and its ended children used to the file named by DLP_BENCH_USAGE.

import { readFileSync, writeFileSync } from 'node:fs'

const file = process.env['DLP_BENCH_USAGE']
if (file !== undefined)
  process.on('exit', () => {
    const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
    const own = (userCPUTime + systemCPUTime) / 1e6
    writeFileSync(file, JSON.stringify({ cpuSeconds: own + childrenSeconds(), peakMiB: maxRSS / 1024 }))
  })

/** CPU of the children that were waited for, as Linux counts it; 0 elsewhere. */
function childrenSeconds() {
  try {
    // Behind the name in parentheses: state is field 3; cutime and cstime are fields 16 and 17, in hundredths of a second.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[13]) + Number(fields[14])) / 100
  } catch {
    return 0
  }
}
