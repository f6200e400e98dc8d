import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'

type Assertion = { status: string; fullName?: string; failureMessages?: string[] | null }
type Report = { testResults: { name?: string; status: string; message?: string; assertionResults: Assertion[] }[] }

/** What a run of vitest came to; `failures` has one line a failure that has a name: file, test and the first line of why. */
export type Results = { passed: number; failed: number; failures: string[] }

const firstLine = (text: string | undefined): string => (text ?? '').trim().split('\n', 1)[0]?.slice(0, 300) ?? ''

const fileFailed = ({ status, assertionResults }: Report['testResults'][number]): boolean =>
  status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed')

/**
 * Passed and failed tests of one vitest run, from its JSON report. A file that fails without a failed test, a file
 * without a result, and a run that ends badly although every test passed count as one failure each.
 */
export const countResults = (report: Report, exitCode: number, files: number): Results => {
  const assertions = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const passed = assertions.filter(({ status }) => status === 'passed').length
  const failures = report.testResults.flatMap((file) => {
    const path = relative(process.cwd(), file.name ?? '')
    if (fileFailed(file)) return [`${path}: ${firstLine(file.message)}`]
    return file.assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName, failureMessages }) => `${path} > ${fullName}: ${firstLine(failureMessages?.[0])}`)
  })
  const absent = Math.max(0, files - report.testResults.length)
  if (absent > 0) failures.push(`${absent} of ${files} test files gave no result`)
  const failed = failures.length - (absent > 0 ? 1 : 0) + absent
  if (exitCode === 0 || failed > 0) return { passed, failed, failures }
  return { passed, failed: 1, failures: [`every test passed, yet vitest ended with code ${exitCode}`] }
}

/** `countResults` of the report in a file; a run that wrote none failed. */
export const readResults = (path: string, exitCode: number, files: number): Results => {
  if (!existsSync(path)) return { passed: 0, failed: 1, failures: [`vitest wrote no ${path}`] }
  return countResults(JSON.parse(readFileSync(path, 'utf8')) as Report, exitCode, files)
}
