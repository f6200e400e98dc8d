import { describe, expect, it } from 'vitest'
import { absolute, clock, day, range, relative } from '#app/ui/when.ts'

const now = '2026-11-21T03:12:40Z'

describe('times', () => {
  it('are in UTC and say so', () => {
    expect(absolute('2026-11-21T02:52:00Z', now)).toBe('02:52 UTC')
    expect(absolute('2026-11-21T02:52:07+02:00', now, true)).toBe('00:52:07 UTC')
    expect(absolute(new Date('2026-11-19T02:02:00Z'), now)).toBe('19 Nov, 02:02 UTC')
    expect(absolute('2025-11-21T02:02:00Z', now)).toBe('21 Nov 2025, 02:02 UTC')
    expect(clock(Date.parse(now), true)).toBe('03:12:40')
    expect(day(now, now)).toBe('21 Nov')
  })

  it('change their day at midnight UTC', () => {
    expect(absolute('2026-11-20T23:59:59Z', '2026-11-21T00:00:01Z')).toBe('20 Nov, 23:59 UTC')
  })

  it('say how long ago in one unit, and how long until in two', () => {
    expect(relative('2026-11-21T02:52:00Z', now)).toBe('20 min ago')
    expect(relative('2026-11-21T03:12:38Z', now)).toBe('2 s ago')
    expect(relative(now, now)).toBe('just now')
    expect(relative('2026-11-19T08:15:00Z', now)).toBe('42 h ago')
    expect(relative('2026-11-18T03:12:40Z', now)).toBe('3 d ago')
    expect(relative('2026-11-21T03:23:00Z', now)).toBe('in 10 min 20 s')
  })

  it('name both days of a range that has two', () => {
    expect(range('2026-11-21T03:07:40Z', now, now, true)).toBe('03:07:40 to 03:12:40 UTC')
    expect(range('2026-11-19T01:00:00Z', '2026-11-19T02:00:00Z', now)).toBe('19 Nov, 01:00 to 02:00 UTC')
    expect(range('2026-11-20T22:00:00Z', '2026-11-21T02:00:00Z', now)).toBe('20 Nov, 22:00 to 21 Nov, 02:00 UTC')
  })
})
