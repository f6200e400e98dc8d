import fc from 'fast-check'
import { expect, test } from 'vitest'
import { onCallAt, shiftsBetween, type Layer, type Override, type Schedule } from '#server/incidents/onCall/schedule.ts'
import { dayOf, instantOf, localAt, minuteOf } from '#server/incidents/onCall/zoned.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const layer = (more: Partial<Layer> = {}): Layer => ({
  name: 'primary',
  users: ['ada', 'ben', 'cleo'],
  unit: 'week',
  every: 1,
  startsOn: '2026-01-05',
  handoverAt: '09:00',
  hours: [],
  ...more,
})
const at = (text: string) => new Date(text)

test('turns change hands at nine by the clock on the wall, before and after clocks change', () => {
  const schedule: Schedule = { timeZone: 'Europe/Amsterdam', layers: [layer()] }
  // Winter: UTC+1; from 29 March 2026 on UTC+2.
  expect(onCallAt(schedule, [], at('2026-03-23T07:59:59Z'))).toBe('ben')
  expect(onCallAt(schedule, [], at('2026-03-23T08:00:00Z'))).toBe('cleo')
  expect(onCallAt(schedule, [], at('2026-03-30T06:59:59Z'))).toBe('cleo')
  expect(onCallAt(schedule, [], at('2026-03-30T07:00:00Z'))).toBe('ada')
  expect(onCallAt(schedule, [], at('2026-01-05T07:59:59Z'))).toBeNull()
})

test('a turn of a day has 23 hours when clocks go forward and 25 when they go back', () => {
  const schedule: Schedule = { timeZone: 'Europe/Amsterdam', layers: [layer({ unit: 'day' })] }
  const hours = (from: string, until: string) =>
    shiftsBetween(schedule, [], { from: at(from), until: at(until) }).map(
      (shift) => (shift.until.getTime() - shift.from.getTime()) / HOUR_MS,
    )
  expect(hours('2026-03-28T08:00:00Z', '2026-03-30T07:00:00Z')).toEqual([23, 24])
  expect(hours('2026-10-24T07:00:00Z', '2026-10-26T08:00:00Z')).toEqual([25, 24])
})

test('a handover at a time that clocks skip or show twice happens once', () => {
  const spring = instantOf('Europe/Amsterdam', dayOf('2026-03-29')!, minuteOf('02:30')!)
  expect(spring.toISOString()).toBe('2026-03-29T01:30:00.000Z')
  const autumn = instantOf('Europe/Amsterdam', dayOf('2026-10-25')!, minuteOf('02:30')!)
  expect(autumn.toISOString()).toBe('2026-10-25T00:30:00.000Z')
  // Half an hour of daylight saving, and a zone 13 hours ahead of the other side of the date line.
  expect(instantOf('Australia/Lord_Howe', dayOf('2026-10-04')!, minuteOf('02:15')!).toISOString()).toBe(
    '2026-10-03T15:45:00.000Z',
  )
  expect(instantOf('Pacific/Apia', dayOf('2026-02-28')!, 0).toISOString()).toBe('2026-02-27T11:00:00.000Z')
})

test('29 February is a day like others', () => {
  const schedule: Schedule = {
    timeZone: 'UTC',
    layers: [layer({ unit: 'day', startsOn: '2028-02-28', handoverAt: '00:00' })],
  }
  const days = ['2028-02-28', '2028-02-29', '2028-03-01', '2028-03-02'].map((day) => at(`${day}T12:00:00Z`))
  expect(days.map((day) => onCallAt(schedule, [], day))).toEqual(['ada', 'ben', 'cleo', 'ada'])
})

test('hours over midnight, a layer above, and an override: the later wins', () => {
  const nights = [{ days: [1, 2, 3, 4, 5], from: '22:00', until: '06:00' }]
  const schedule: Schedule = {
    timeZone: 'UTC',
    layers: [layer({ users: ['ada'] }), layer({ name: 'nights', users: ['ben'], hours: nights })],
  }
  const taken: Override[] = [{ userId: 'cleo', from: at('2026-11-21T01:00:00Z'), until: at('2026-11-21T02:00:00Z') }]
  const friday = (hour: string) => onCallAt(schedule, taken, at(`2026-11-20T${hour}:00Z`))
  const saturday = (hour: string) => onCallAt(schedule, taken, at(`2026-11-21T${hour}:00Z`))
  expect([friday('21:59'), friday('22:00'), saturday('00:59')]).toEqual(['ada', 'ben', 'ben'])
  expect([saturday('01:00'), saturday('02:00'), saturday('06:00'), saturday('22:30')]).toEqual([
    'cleo',
    'ben',
    'ada',
    'ada',
  ])
})

const clock = fc
  .tuple(fc.nat(23), fc.nat(59))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)
const year = { from: at('2027-06-01T00:00:00Z'), until: at('2028-06-01T00:00:00Z') }
const instant = fc.integer({ min: year.from.getTime(), max: year.until.getTime() - 1 }).map((ms) => new Date(ms))
const zone = fc.constantFrom(
  'UTC',
  'Europe/Amsterdam',
  'America/New_York',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Pacific/Apia',
  'Africa/Casablanca',
)
const layers = fc.array(
  fc.record({
    name: fc.constantFrom('one', 'two'),
    users: fc.array(fc.constantFrom('ada', 'ben', 'cleo', 'dan'), { minLength: 1, maxLength: 4 }),
    unit: fc.constantFrom('day' as const, 'week' as const),
    every: fc.integer({ min: 1, max: 3 }),
    startsOn: fc.constantFrom('2026-01-05', '2027-12-31', '2028-02-29', '2029-01-01'),
    handoverAt: clock,
    hours: fc.array(
      fc.record({ days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), from: clock, until: clock }),
      { maxLength: 2 },
    ),
  }),
  { maxLength: 3 },
)
const overrides = fc.array(
  fc.tuple(fc.constantFrom('eve', 'ada'), instant, fc.integer({ min: 1, max: 20 })).map(([userId, from, days]) => ({
    userId,
    from,
    until: new Date(from.getTime() + days * DAY_MS),
  })),
  { maxLength: 4 },
)

test('over any year shifts have no gap and no overlap, and say of each instant who is on call then', () => {
  fc.assert(
    fc.property(
      zone,
      layers,
      overrides,
      fc.array(instant, { minLength: 5, maxLength: 20 }),
      (timeZone, of, taken, when) => {
        const schedule: Schedule = { timeZone, layers: of }
        const shifts = shiftsBetween(schedule, taken, year)
        expect([shifts[0]!.from, shifts.at(-1)!.until]).toEqual([year.from, year.until])
        for (const [n, shift] of shifts.entries()) {
          expect(shift.from.getTime()).toBeLessThan(shift.until.getTime())
          if (n > 0) expect(shift.from).toEqual(shifts[n - 1]!.until)
        }
        const edges = shifts.flatMap(({ from }) => [from, new Date(from.getTime() - 1)]).slice(2, 26)
        for (const one of [...when, ...edges]) {
          const shift = shifts.find(({ from, until }) => from <= one && one < until)
          expect(shift?.userId).toBe(onCallAt(schedule, taken, one))
        }
      },
    ),
    { numRuns: 8 },
  )
})

test('over any year turns are taken in order, and none has more than one turn more than another', () => {
  fc.assert(
    fc.property(zone, clock, fc.constantFrom('day' as const, 'week' as const), (timeZone, handoverAt, unit) => {
      const users = ['ada', 'ben', 'cleo']
      const schedule: Schedule = { timeZone, layers: [layer({ users, unit, handoverAt, startsOn: '2026-01-05' })] }
      const turns = shiftsBetween(schedule, [], year).map(({ userId }) => users.indexOf(userId!))
      for (const [n, turn] of turns.entries()) if (n > 0) expect(turn).toBe((turns[n - 1]! + 1) % 3)
      const counts = [0, 1, 2].map((user) => turns.filter((turn) => turn === user).length)
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
    }),
    { numRuns: 20 },
  )
})

test('an instant of the wall clock is found again, except where clocks skip it', () => {
  fc.assert(
    fc.property(zone, fc.integer({ min: 20_000, max: 23_000 }), fc.nat(1_439), (timeZone, day, minute) => {
      const shown = localAt(timeZone, instantOf(timeZone, day, minute))
      const skipped = shown.day !== day || shown.minute !== minute
      if (skipped)
        expect((shown.day - day) * 1_440 + shown.minute - minute).toSatisfy((by: number) => by === 30 || by === 60)
      else expect(shown).toEqual({ day, minute })
    }),
    { numRuns: 300 },
  )
})
