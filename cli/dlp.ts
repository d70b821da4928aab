#!/usr/bin/env node
// The `dlp` command.

// Before anything else is loaded: stacks then name the sources, not the built files.
if (process.argv.includes('--debug')) process.setSourceMapsEnabled(true)
const { main } = await import('./main.ts')

process.exitCode = await main(process.argv.slice(2))

export {}
