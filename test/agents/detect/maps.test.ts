import { expect, test } from 'vitest'
import { geometryOf, parseMaps, smallHeaps } from '#agents/host/detect/maps.ts'

const MIB = 2 ** 20
const line = (start: number, bytes: number, perms: string, path = '') =>
  `${start.toString(16)}-${(start + bytes).toString(16)} ${perms} 00000000 00:00 0 ${' '.repeat(20)}${path}\n`
const BASE = 0x7f0000000000
const PAGE = 4096
const jit = line(0x100000, PAGE, 'rwxp')
const memory = (mib: number, perms = 'rw-p', path = '') => line(BASE, mib * MIB, perms, path)
const geometry = (text: string, threads = 2) => geometryOf(parseMaps(text), threads)

test('RandomX’s dataset is found alone and merged with its cache and scratchpads', () => {
  for (const mib of [2080, 2084, 2336, 2344]) {
    expect(geometry(jit + memory(mib), 4)).toMatchObject({ kind: 'dataset', mib, close: true, executable: true })
  }
  expect(geometry(memory(2080))).toMatchObject({ kind: 'dataset', executable: false })
})

test('the dataset is found in named memory, in huge pages, in shared memory, and where the kernel split it', () => {
  for (const path of [
    '[heap]',
    '/anon_hugepage (deleted)',
    '/memfd:x (deleted)',
    '/dev/zero (deleted)',
    '/dev/shm/a',
    '[anon: a]',
  ]) {
    expect(geometry(jit + memory(2080, 'rw-s', path))).toMatchObject({ kind: 'dataset' })
  }
  const split = line(BASE, 1000 * MIB, 'rw-p') + line(BASE + 1000 * MIB, 1080 * MIB, 'rw-p')
  expect(geometry(jit + split)).toMatchObject({ kind: 'dataset', mib: 2080 })
})

test('memory of other sizes, of files, or that is not written is no dataset', () => {
  for (const mib of [1024, 2048, 2079, 2400, 4096]) expect(geometry(jit + memory(mib))).toBeNull()
  expect(geometry(jit + memory(2080, 'r--p'))).toBeNull()
  expect(geometry(jit + memory(2080, '---p'))).toBeNull()
  expect(geometry(jit + memory(2080, 'rw-p', '/data/model.bin'))).toBeNull()
})

test('light mode is the cache, to the mebibyte', () => {
  expect(geometry(jit + memory(256), 1)).toMatchObject({ kind: 'light', mib: 256 })
  expect(geometry(jit + memory(260), 2)).toMatchObject({ kind: 'light', mib: 260 })
  expect(geometry(jit + memory(264), 1)).toMatchObject({ kind: 'light', mib: 264 })
  expect(geometry(jit + memory(300), 2)).toBeNull()
})

test('a maps file of a hundred thousand lines, cut anywhere and with any path, is read in linear time', () => {
  const many = Array.from({ length: 100_000 }, (_, n) =>
    line(0x10000 + n * 2 * PAGE, PAGE, 'rw-p', 'a b\u001b[31m\\n'),
  ).join('')
  const started = performance.now()
  expect(parseMaps(many)).toHaveLength(100_000)
  expect(geometryOf(parseMaps(many + jit + memory(2080)), 2)).toMatchObject({ kind: 'dataset' })
  expect(performance.now() - started).toBeLessThan(5_000)
  for (const cut of [1, 17, 33, 60]) expect(() => parseMaps(many.slice(0, cut))).not.toThrow()
  expect(parseMaps('not-maps at all\n\n-- \n')).toEqual([])
})

test('small heaps are searched first, large ones at their ends, and code never', () => {
  const heap = line(0x200000, 4 * MIB, 'rw-p', '[heap]')
  const text =
    line(0x400000, MIB, 'r-xp', '/bin/a') +
    line(0x600000, PAGE, 'rw-p', '/bin/a') +
    line(0x700000, PAGE, 'rw-p', '/lib/b')
  const searched = smallHeaps(parseMaps(heap + text + memory(2080)), '/bin/a')
  expect(searched.map(({ path, start, end }) => [path, (end - start) / PAGE])).toEqual([
    ['[heap]', 1024],
    ['/bin/a', 1],
    ['', 512],
    ['', 512],
  ])
  const constants = line(0x300000, MIB, 'r--p', '/bin/a') + line(0x900000, 8 * MIB, 'r--p', '/bin/a')
  expect(smallHeaps(parseMaps(constants + heap), '/bin/a', true).map(({ perms }) => perms)).toEqual(['rw-p', 'r--p'])
  expect(smallHeaps(parseMaps(constants + heap), '/bin/a')).toHaveLength(1)
})
