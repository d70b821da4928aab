#!/usr/bin/env node
// The `dlp` command.

// Before anything else is loaded: stacks then name the sources, not the built files.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)
const [{ settledStreams, watchStreams }, { main }] = await Promise.all([
  import('./io/standard-streams.ts'),
  import('./main.ts'),
])
watchStreams()

process.exitCode = await settledStreams(await main(process.argv.slice(2)))

export {}
