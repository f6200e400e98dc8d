import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

const run = (program: string, args: string[]) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const path = join(root, 'node_modules', '.bin', program)
    const options = { cwd: root, maxBuffer: 64 * 1024 * 1024 }
    execFile(path, args, options, (error, stdout, stderr) =>
      resolve({ code: error ? 1 : 0, output: error ? `${stdout}${stderr}` : '' }),
    )
  })

test('every file is formatted', async () => {
  expect(await run('oxfmt', ['--check'])).toEqual({ code: 0, output: '' })
})

test('lint finds nothing', async () => {
  expect(await run('oxlint', ['--format=unix'])).toEqual({ code: 0, output: '' })
})

// All of it is compiled, beside the other half of the suite.
test('the types hold', { timeout: 180_000 }, async () => {
  expect(await run('tsc', ['--noEmit', '-p', '.'])).toEqual({ code: 0, output: '' })
})
