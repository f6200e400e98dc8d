import { linkSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { startWalk } from '#agents/host/walk.ts'
import { nextWalkMonoMs } from '#agents/host/walker.ts'

const finish = (root: string, entries = 3) => {
  const walk = startWalk(root)
  let steps = 1
  while (!walk.step(entries)) steps++
  walk.close()
  return { bytes: walk.bytes(), steps }
}

const tree = () => {
  const root = mkdtempSync(join(tmpdir(), 'walk-'))
  mkdirSync(join(root, 'a/b/c'), { recursive: true })
  mkdirSync(join(root, 'empty'))
  writeFileSync(join(root, 'one'), 'x'.repeat(1_000))
  writeFileSync(join(root, 'a/two'), 'x'.repeat(234))
  writeFileSync(join(root, 'a/b/c/three'), 'x'.repeat(5))
  return root
}

test('regular files of a tree are summed to the byte, in slices', () => {
  const { bytes, steps } = finish(tree())
  expect(bytes).toBe(1_239)
  expect(steps).toBeGreaterThan(2)
})

test('of a sparse file only what is there counts', () => {
  const root = tree()
  const before = finish(root).bytes
  const sparse = join(root, 'sparse')
  writeFileSync(sparse, 'x'.repeat(1_000_000))
  expect(finish(root).bytes).toBe(before + 1_000_000)
  truncateSync(sparse, 10_000_000_000)
  const there = statSync(sparse).blocks * 512
  expect(there).toBeLessThan(2_000_000)
  expect(finish(root).bytes).toBe(before + there)
})

test('hard links count once, symbolic links nothing', () => {
  const root = tree()
  linkSync(join(root, 'one'), join(root, 'a/again'))
  symlinkSync('/etc', join(root, 'away'))
  symlinkSync(join(root, 'one'), join(root, 'same'))
  expect(finish(root).bytes).toBe(1_239)
})

test('what vanishes between slices counts nothing and stops nothing', () => {
  const root = tree()
  const walk = startWalk(root)
  walk.step(1)
  rmSync(join(root, 'a'), { recursive: true })
  while (!walk.step(3));
  expect(walk.bytes()).toBe(1_000)
})

test('a root that is not there is said so', () => {
  expect(() => startWalk('/no/such/root')).toThrow('ENOENT')
})

test('walks fall into the seconds before a minute ends', () => {
  fc.assert(
    fc.property(fc.nat(10 ** 9), fc.string(), fc.nat(10 ** 13), (monoMs, key, anchorMs) => {
      const due = nextWalkMonoMs(monoMs, key, anchorMs)
      expect(due).toBeGreaterThanOrEqual(monoMs)
      expect(due - monoMs).toBeLessThan(60_000)
      const toEdge = 60_000 - ((anchorMs + due) % 60_000)
      expect(toEdge).toBeGreaterThanOrEqual(2_000)
      expect(toEdge).toBeLessThanOrEqual(8_000)
    }),
  )
})
