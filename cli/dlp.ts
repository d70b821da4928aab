#!/usr/bin/env node
// The `dlp` command.

// Before anything else is loaded, so that stacks name the sources, not the built files.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)
const [{ flushStreams, watchStreams }, { main }] = await Promise.all([
  import('./io/standard-streams.ts'),
  import('./main.ts'),
])
watchStreams()

process.exitCode = await flushStreams(await main(process.argv.slice(2)))

export {}
