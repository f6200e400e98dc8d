// `npm run -s bench -- NAME [options]`: runs the default export of test/bench/NAME.ts with the remaining arguments.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const own = new Set(['run.ts', 'figure.ts'])
const [name, ...options] = process.argv.slice(2)
const path = join(import.meta.dirname, `${name}.ts`)

if (!name || !/^[a-z]+$/.test(name) || own.has(`${name}.ts`) || !existsSync(path)) {
  const names = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /^[a-z]+\.ts$/.test(entry.name) && !own.has(entry.name))
    .map((entry) => entry.name.slice(0, -'.ts'.length))
  process.stderr.write(`usage: npm run -s bench -- NAME, NAME one of: ${names.join(', ') || 'none yet'}\n`)
  process.exit(2)
}

const { default: bench } = (await import(pathToFileURL(path).href)) as {
  default: (options: string[]) => Promise<void>
}
await bench(options)
process.exit(0)
