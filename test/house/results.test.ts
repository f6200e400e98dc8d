import { expect, test } from 'vitest'
import { countResults } from '../support/results.ts'
import { partsOf, phaseOf } from '../support/selection.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})

test('passed and failed tests are counted', () => {
  const report = { testResults: [file('passed', 'passed', 'passed'), file('failed', 'failed', 'passed', 'skipped')] }
  expect(countResults(report, 1, 2)).toEqual({ passed: 3, failed: 1 })
})

test('a file that cannot be loaded is one failure', () => {
  expect(countResults({ testResults: [file('failed')] }, 1, 1)).toEqual({ passed: 0, failed: 1 })
})

test('a file without a result is one failure', () => {
  expect(countResults({ testResults: [file('passed', 'passed')] }, 0, 2)).toEqual({ passed: 1, failed: 1 })
})

test('an error outside every test is one failure', () => {
  expect(countResults({ testResults: [file('passed', 'passed')] }, 1, 1)).toEqual({ passed: 1, failed: 1 })
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
