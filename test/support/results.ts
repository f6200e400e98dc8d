import { existsSync, readFileSync } from 'node:fs'

type Assertion = { status: string }
type Report = { testResults: { status: string; assertionResults: Assertion[] }[] }

/**
 * Passed and failed tests of one vitest run, from its JSON report. A file that fails without a failed test, a file
 * without a result, and a run that ends badly although every test passed count as one failure each.
 */
export const countResults = (report: Report, exitCode: number, files: number): { passed: number; failed: number } => {
  const assertions = report.testResults.flatMap(({ assertionResults }) => assertionResults)
  const passed = assertions.filter(({ status }) => status === 'passed').length
  const failedTests = assertions.filter(({ status }) => status === 'failed').length
  const failedFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  ).length
  const absent = Math.max(0, files - report.testResults.length)
  const failed = failedTests + failedFiles + absent
  return { passed, failed: exitCode !== 0 && failed === 0 ? 1 : failed }
}

/** `countResults` of the report in a file; a run that wrote none failed. */
export const readResults = (path: string, exitCode: number, files: number): { passed: number; failed: number } => {
  if (!existsSync(path)) return { passed: 0, failed: 1 }
  return countResults(JSON.parse(readFileSync(path, 'utf8')) as Report, exitCode, files)
}
