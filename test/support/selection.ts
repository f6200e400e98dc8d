import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The projects of vitest.config.ts, in the order they run. */
export const phases = ['unit', 'real', 'e2e', 'crash'] as const
export type Phase = (typeof phases)[number]

/** A real part that some tests need and not every machine has. */
export type Part = 'docker' | 'chromium' | 'promtool'
export type TestFile = { path: string; phase: Phase; parts: Part[] }

const partOf: Record<string, Part> = {
  docker: 'docker',
  dockerd: 'docker',
  browser: 'chromium',
  screens: 'chromium',
  promtool: 'promtool',
}

/** The parts a test file needs: those whose support it imports. */
export const partsOf = (source: string): Part[] => {
  const imports = [...source.matchAll(/support\/(\w+)\.ts['"]/g)].map(([, name]) => partOf[name ?? ''])
  return [...new Set(imports.filter((part) => part !== undefined))]
}

/** The project a test file belongs to, by its folder under `test/`. */
export const phaseOf = (path: string): Phase => {
  const folder = path.split('/')[1]
  return phases.find((phase) => phase === folder) ?? 'unit'
}

/** The test files whose path contains one of the filters (all without filters), relative to `root`. */
export const testFiles = (root: string, filters: string[]): TestFile[] =>
  readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .map((name) => `test/${name.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.test.ts'))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .toSorted()
    .map((path) => ({ path, phase: phaseOf(path), parts: partsOf(readFileSync(join(root, path), 'utf8')) }))
