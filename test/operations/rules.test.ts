import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { promtool } from '../support/promtool.ts'

const run = promisify(execFile)
const rules = join(import.meta.dirname, '../../docs/operations/wharfinger.rules.yml')
const folder = mkdtempSync(join(tmpdir(), 'wharf-rules-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const tool = () => {
  const path = promtool()
  if (!path) throw new Error("no promtool: `npm test` fetches it, or install Debian's package prometheus")
  return path
}

test('promtool finds no fault in the alert rules', async () => {
  const { stdout } = await run(tool(), ['check', 'rules', '--lint=all', '--lint-fatal', rules])
  expect(stdout).toMatch(/SUCCESS: 19 rules found/)
})

test('every alert fires on what it is for and stays silent otherwise', async () => {
  const text = readFileSync(join(import.meta.dirname, 'wharfinger.rules.test.yml'), 'utf8').replace('RULES', rules)
  const file = join(folder, 'rules.test.yml')
  writeFileSync(file, text)
  const { stdout } = await run(tool(), ['test', 'rules', file])
  expect(stdout).toMatch(/SUCCESS/)
})

test('every alert says what is wrong, what to look at first, and how urgent it is', () => {
  const blocks = readFileSync(rules, 'utf8').split('- alert: ').slice(1)
  for (const block of blocks) {
    const name = block.split('\n', 1)[0]
    expect([
      name,
      /severity: (warning|critical)/.test(block),
      /summary: /.test(block),
      /description: /.test(block),
    ]).toEqual([name, true, true, true])
  }
})
