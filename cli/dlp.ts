#!/usr/bin/env node
// The `dlp` command.

// Before anything else is loaded: stacks then name the sources, not the built files.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)
const { settledStreams, watchStreams } = await import('./io/standard-streams.ts')
watchStreams()
const { main } = await import('./main.ts')

process.exitCode = await settledStreams(await main(process.argv.slice(2)))

export {}
