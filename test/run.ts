// What `npm test` runs: prepares the real parts, runs each project of vitest.config.ts, closes with `N passed, N failed`.
// Arguments choose test files by a part of their path: `npm test -- usage quota`.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { prepareChromium } from './support/chromium.ts'
import { prepareDocker } from './support/dockerd.ts'
import { holdTestPostgres } from './support/postgres.ts'
import { preparePromtool } from './support/promtool.ts'
import { readResults } from './support/results.ts'
import { phases, testFiles } from './support/selection.ts'
import type { Part, TestFile } from './support/selection.ts'

const root = join(import.meta.dirname, '..')
const results = join(import.meta.dirname, '.results')
const say = (line: string) => process.stdout.write(`${line}\n`)

const cleanups: (() => Promise<void>)[] = []
let stopping: NodeJS.Signals | undefined
let current: ReturnType<typeof spawn> | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stopping ??= signal
    current?.kill(signal)
  })
}

/** How each part is made ready: tells where it came from, throws where it cannot be had. */
const prepare: Record<Part, () => Promise<string>> = {
  docker: async () => {
    const daemon = await prepareDocker()
    cleanups.push(() => daemon.stop())
    process.env['WHARF_TEST_DOCKER'] = daemon.socketPath
    return daemon.how
  },
  chromium: prepareChromium,
  promtool: preparePromtool,
}

const timed = async <T>(act: () => Promise<T>): Promise<[T, string]> => {
  const startedAt = performance.now()
  const result = await act()
  return [result, `${((performance.now() - startedAt) / 1000).toFixed(1)} s`]
}

const runPhase = (name: string, files: TestFile[]) =>
  new Promise<number>((resolve) => {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
    const args = [vitest, 'run', '--project', name, ...files.map(({ path }) => path)]
    current = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        WHARF_TEST_PHASE: name,
        // Each test file, and each control plane, is a process of its own that loads much the same.
        NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'wharfinger'),
      },
    })
    current.on('error', () => resolve(1))
    current.on('close', (code) => resolve(code ?? 1))
  })

const preparePart = async (part: Part): Promise<string | undefined> => {
  try {
    const [how, took] = await timed(prepare[part])
    say(`   ${part}: ${how} (${took})`)
    return undefined
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1) ?? ''
    say(`   ${part}: none, ${reason}`)
    return reason
  }
}

const main = async (): Promise<{ passed: number; failed: number }> => {
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results, { recursive: true })
  const filters = process.argv.slice(2)
  const chosen = testFiles(root, filters)
  if (chosen.length === 0) {
    say(`no test file has ${filters.join(' or ')} in its path`)
    return { passed: 0, failed: 1 }
  }

  say('── parts')
  const [letGo, took] = await timed(holdTestPostgres)
  cleanups.push(letGo)
  say(`   postgres: embedded (${took})`)
  const missing = new Map<Part, string>()
  for (const part of new Set(chosen.flatMap(({ parts }) => parts))) {
    if (stopping) break
    const reason = await preparePart(part)
    if (reason !== undefined) missing.set(part, reason)
  }

  const runnable = chosen.filter(({ parts }) => !parts.some((part) => missing.has(part)))
  const total = { passed: 0, failed: 0 }
  const failures: string[] = []
  for (const phase of phases) {
    const files = runnable.filter((file) => file.phase === phase)
    if (files.length === 0 || stopping) continue
    say(`── ${phase}`)
    const exitCode = await runPhase(phase, files)
    const counted = readResults(join(results, `${phase}.json`), exitCode, files.length)
    total.passed += counted.passed
    total.failed += counted.failed
    failures.push(...counted.failures)
  }

  // Said again at the end: the run before it is thousands of lines long.
  if (failures.length > 0) say(`── failed\n${failures.map((failure) => `   ${failure}`).join('\n')}`)

  for (const [part, reason] of missing) {
    say(`skipped: ${part} (${reason})`)
    for (const { path } of chosen.filter(({ parts }) => parts.includes(part))) say(`   ${path}`)
  }
  // Where everything can be had, a part that is missing is a fault of the machine's setup or of ours.
  if (process.env['CI'] === 'true') total.failed += missing.size
  if (stopping) {
    say(`stopped by ${stopping}`)
    total.failed += 1
  }
  return total
}

let total = { passed: 0, failed: 1 }
try {
  total = await main()
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error))
}
for (const cleanup of cleanups.toReversed()) {
  await cleanup().catch((error: unknown) => say(`cleaning up: ${String(error)}`))
}
const line = `${total.passed} passed, ${total.failed} failed`
mkdirSync(results, { recursive: true })
writeFileSync(join(results, 'summary'), `${line}\n`)
say(line)
process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)
