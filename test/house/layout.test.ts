import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const lines = (path: string) => read(path).trimEnd().split('\n').length

const filesIn = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    : []

const sources = ['app', 'server', 'db', 'agents', 'cli']
  .flatMap(filesIn)
  .filter((path) => /\.(?:ts|tsx|mjs)$/.test(path) && !path.startsWith('db/migrations/'))

const domains = readdirSync(join(root, 'server'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && readdirSync(join(root, 'server', entry.name)).length > 0)
  .map((entry) => entry.name)

test('the lock file names no registry', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved"|https?:\/\/[^"]*(?:registry|npmjs|\.tgz)/)
})

test('every version in package.json is exact', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read('package.json')) as Record<
    string,
    Record<string, string>
  >
  const ranges = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })
    // Type packages follow the major version of what they describe.
    .filter(([name, version]) => !name.startsWith('@types/') && !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
  expect(ranges).toEqual([])
})

test.each(domains)('server/%s says in 10 to 40 lines what it owns and what it does not', (domain) => {
  const path = `server/${domain}/README.md`
  expect(existsSync(join(root, path)), `${path} is missing`).toBe(true)
  expect(lines(path)).toBeGreaterThanOrEqual(10)
  expect(lines(path)).toBeLessThanOrEqual(40)
})

test('no source file is longer than 400 lines', () => {
  expect(sources.filter((path) => lines(path) > 400)).toEqual([])
})

test('no file or folder is named for having no better name', () => {
  const vague = /(?:^|\/)(?:utils?|helpers?|common|misc|shared|index)(?:\/|\.tsx?$)/
  expect(sources.filter((path) => vague.test(path))).toEqual([])
})

test('every suppression says why', () => {
  const suppression = /(?:oxlint-disable|eslint-disable|@ts-expect-error|@ts-ignore|@ts-nocheck)(?<rest>[^\n]*)/g
  const bare = [...sources, ...filesIn('test')]
    .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('test/house/'))
    .flatMap((path) =>
      [...read(path).matchAll(suppression)]
        .filter(({ groups }) => !/(?:--|: ?)\s*\S+ \S+/.test(groups?.['rest'] ?? ''))
        .map(([text]) => `${path}: ${text}`),
    )
  expect(bare).toEqual([])
})

test('the repository holds no file that a build makes', () => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const made = /(?:^|\/)(?:node_modules|\.next|dist|\.wharf[^/]*|test\/\.results)\/|\.tsbuildinfo$|^next-env\.d\.ts$/
  expect(tracked.filter((path) => made.test(path))).toEqual([])
})
