import { describe, expect, it } from 'vitest'
import { nextSort, sorted } from '#app/ui/grid-sort.ts'

describe('sorted', () => {
  it('puts rows without a value last, whichever way', () => {
    expect(sorted([2, null, 1], (n) => n, false)).toEqual([1, 2, null])
    expect(sorted([2, null, 1], (n) => n, true)).toEqual([2, 1, null])
  })

  it('counts in names and compares bigints beyond 2^53 exactly', () => {
    expect(sorted(['ams1-c10', 'ams1-c9'], (name) => name, false)).toEqual(['ams1-c9', 'ams1-c10'])
    const near = [9_007_199_254_740_993n, 9_007_199_254_740_992n]
    expect(sorted(near, (n) => n, false)).toEqual([9_007_199_254_740_992n, 9_007_199_254_740_993n])
  })

  it('keeps ties as they came, and everything without a column', () => {
    const rows = [
      { k: 1, n: 'a' },
      { k: 0, n: 'b' },
      { k: 1, n: 'c' },
    ]
    expect(sorted(rows, (row) => row.k, true).map((row) => row.n)).toEqual(['a', 'c', 'b'])
    expect(sorted(rows, undefined, true)).toBe(rows)
  })
})

describe('nextSort', () => {
  it('starts figures from the top and names from A, then turns', () => {
    expect(nextSort({ id: 'cpu', align: 'right' }, undefined)).toEqual({ id: 'cpu', desc: true })
    expect(nextSort({ id: 'name' }, { id: 'cpu', desc: true })).toEqual({ id: 'name', desc: false })
    expect(nextSort({ id: 'name' }, { id: 'name', desc: false })).toEqual({ id: 'name', desc: true })
  })
})
