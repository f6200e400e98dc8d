#!/usr/bin/env node
// Starts the command line of a checkout on whatever Node is there (20 or later): TypeScript needs the Node 24 that the
// checkout brings along. Plain JavaScript, no dependencies.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))
const node = at('../node_modules/node/bin/node')
const [major] = process.versions.node.split('.').map(Number)
const runner = existsSync(node) ? node : process.execPath

if (runner === process.execPath && major < 24) {
  process.stderr.write('wharf: this checkout is not installed; run "npm install" in it first\n')
  process.exit(1)
}

const child = spawn(runner, [at('wharf.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
// A signal to the group reaches the child too; one to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.on('error', (error) => {
  process.stderr.write(`wharf: ${error.message}\n`)
  process.exit(1)
})
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : (code ?? 1)))
