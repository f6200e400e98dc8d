import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let checkout = ''

// Stands in for npm: notes each call, goes on when it is no longer held, fails while it is broken.
const npm = `
import { appendFileSync, existsSync, mkdirSync } from 'node:fs'
appendFileSync('calls', process.argv.slice(2).join(' ') + '\\n')
mkdirSync('node_modules', { recursive: true })
while (existsSync('held')) await new Promise((resolve) => setTimeout(resolve, 10))
if (existsSync('broken')) { console.error('no such package'); process.exit(1) }
`

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'wharf-setup-'))
  copyFileSync(join(import.meta.dirname, '..', '..', 'setup.mjs'), join(checkout, 'setup.mjs'))
  mkdirSync(join(checkout, 'npm'))
  writeFileSync(join(checkout, 'npm', 'package.json'), '{"type":"module"}')
  writeFileSync(join(checkout, 'npm', 'npm-cli.js'), npm)
  writeFileSync(join(checkout, 'package.json'), '{"name":"fleet"}')
  writeFileSync(join(checkout, 'package-lock.json'), '{"lockfileVersion":3}')
})
afterEach(() => rmSync(checkout, { recursive: true, force: true }))

const setup = () => {
  const env = { ...process.env, npm_execpath: join(checkout, 'npm', 'npm-cli.js') }
  const child = spawn(process.execPath, ['setup.mjs'], { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()))
  const done = new Promise<{ code: number | null; told: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, told }))
  })
  return { child, done, told: () => told }
}
const calls = () => {
  const path = join(checkout, 'calls')
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : []
}
const untilCalled = () => expect.poll(calls, { timeout: 60_000, interval: 10 }).toHaveLength(1)

test('it installs once, and says nothing while the lock file stays as it is', async () => {
  const first = await setup().done
  expect(first.code).toBe(0)
  expect(first.told).toMatch(/^Installing packages \.\.\. \d+\.\d s\n$/)
  expect(await setup().done).toEqual({ code: 0, told: '' })
  expect(calls()).toEqual(['install --no-save --no-audit --no-fund --loglevel=error'])
})

test('it installs again when the lock file changes', async () => {
  await setup().done
  writeFileSync(join(checkout, 'package-lock.json'), '{"lockfileVersion":3,"packages":{}}')
  await setup().done
  expect(calls()).toHaveLength(2)
})

test('an install that fails ends it with what npm said, and is tried again', async () => {
  writeFileSync(join(checkout, 'broken'), '')
  const failed = await setup().done
  expect(failed.code).toBe(1)
  expect(failed.told).toContain('no such package')
  rmSync(join(checkout, 'broken'))
  expect((await setup().done).code).toBe(0)
  expect(calls()).toHaveLength(2)
})

test('of two at once, one installs and the other waits', async () => {
  writeFileSync(join(checkout, 'held'), '')
  const one = setup()
  await untilCalled()
  const two = setup()
  await expect.poll(two.told, { timeout: 60_000 }).toBe(`Waiting for another setup (process ${one.child.pid})\n`)
  rmSync(join(checkout, 'held'))
  expect((await one.done).code).toBe(0)
  expect((await two.done).code).toBe(0)
  expect(calls()).toHaveLength(1)
})

test('one that was killed does not hold up the next', async () => {
  writeFileSync(join(checkout, 'held'), '')
  const killed = setup()
  await untilCalled()
  killed.child.kill('SIGKILL')
  await killed.done
  rmSync(join(checkout, 'held'))
  expect((await setup().done).code).toBe(0)
  expect(calls()).toHaveLength(2)
  expect(existsSync(join(checkout, '.wharf-setup'))).toBe(false)
})
