import { join } from 'node:path'
import { expect, test } from 'vitest'
import { countResults } from '../support/results.ts'
import { partsOf, phaseOf } from '../support/selection.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})

test('passed and failed tests are counted', () => {
  const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed', 'passed', 'skipped')] }
  expect(countResults(report, 1, 2)).toMatchObject({ passed: 3, failed: 1 })
})

test('a file that cannot be loaded is one failure', () => {
  expect(countResults({ testResults: [file('failed')] }, 1, 1)).toMatchObject({ passed: 0, failed: 1 })
})

test('a file without a result is one failure', () => {
  expect(countResults({ testResults: [file('passed', 'passed')] }, 0, 2)).toMatchObject({ passed: 1, failed: 1 })
})

test('an error outside every test is one failure', () => {
  expect(countResults({ testResults: [file('passed', 'passed')] }, 1, 1)).toMatchObject({ passed: 1, failed: 1 })
})

test('every failure is told in a line of its own: file, test and the first line of why', () => {
  const failing = {
    name: join(process.cwd(), 'test/a.test.ts'),
    status: 'failed',
    assertionResults: [
      { status: 'failed', fullName: 'one is two', failureMessages: ['Error: one is not two\n    at a.test.ts:1'] },
      { status: 'passed', fullName: 'one is one', failureMessages: [] },
    ],
  }
  const unloadable = {
    name: join(process.cwd(), 'test/b.test.ts'),
    status: 'failed',
    message: 'no b',
    assertionResults: [],
  }
  expect(countResults({ testResults: [failing, unloadable] }, 1, 3)).toEqual({
    passed: 1,
    failed: 3,
    failures: [
      'test/a.test.ts > one is two: Error: one is not two',
      'test/b.test.ts: no b',
      '1 of 3 test files gave no result',
    ],
  })
})

test('a test file needs the real parts whose support it imports', () => {
  const source = "import { startDocker } from '../support/docker.ts'\nimport { page } from '../support/browser.ts'"
  expect(partsOf(source)).toEqual(['docker', 'chromium'])
  expect(partsOf("import { testDatabase } from '../support/database.ts'")).toEqual([])
})

test('a test file belongs to the project of its folder', () => {
  expect(
    ['test/server/usage/hour.test.ts', 'test/real/docker.test.ts', 'test/crash/kills.test.ts'].map(phaseOf),
  ).toEqual(['unit', 'real', 'crash'])
})
