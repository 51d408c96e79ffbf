#!/usr/bin/env node
const args = process.argv.slice(2)

const { runInTerminal } = await import('./terminal-front.ts')
process.exit(await runInTerminal(args))

export {}
