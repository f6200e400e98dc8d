import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  consequence,
  countOn,
  DEPLOY_WINDOW_MS,
  STRIKES_TO_DELETE,
  suspension,
  type History,
  type Life,
  type StandingStrike,
} from '#server/abuse/machine.ts'

const T = Date.parse('2026-11-21T03:00:00Z')
const DAY_MS = 86_400_000
const at = (seconds: number) => new Date(T + seconds * 1000)

type Stop = { host: number; epoch: number; app: number; image: number; name: number; startS: number; proven: boolean }
type Told = { stop: Stop; atS: number }

const stop = fc.record({
  host: fc.integer({ min: 1, max: 2 }),
  epoch: fc.integer({ min: 1, max: 6 }),
  app: fc.integer({ min: 1, max: 3 }),
  image: fc.integer({ min: 1, max: 2 }),
  name: fc.integer({ min: 1, max: 3 }),
  startS: fc.integer({ min: 0, max: 100_000 }),
  proven: fc.boolean(),
})

/** The same epoch is the same life, whatever is told of it. */
const asLives = (stops: readonly Stop[]): Stop[] => {
  const first = new Map<string, Stop>()
  return stops.map((one) => {
    const key = `${one.host}:${one.epoch}`
    const known = first.get(key)
    if (!known) first.set(key, one)
    return known ? { ...known, proven: one.proven } : one
  })
}

const lifeOf = (one: Stop): Life => ({
  hostId: one.host,
  epoch: one.epoch,
  app: `app-${one.app}`,
  image: `image-${one.image}`,
  name: `name-${one.name}`,
  startedAt: at(one.startS),
})

/** Runs the machine as the judge does: a stop without proof never reaches it, a crash loses what was not committed. */
const run = (told: readonly (Told & { crash?: boolean })[], start: Partial<History> = {}) => {
  const strikes: StandingStrike[] = []
  const counted = new Set<string>()
  const deletions: Date[] = []
  const given: { number: number; key: string }[] = []
  let suspended = false
  for (const { stop: one, atS, crash } of told) {
    if (!one.proven || crash) continue
    const life = lifeOf(one)
    const key = `${one.host}:${one.epoch}`
    const now = at(Math.max(atS, one.startS + 1))
    const next = consequence(
      { returning: false, ...start, strikes, deletions },
      life,
      { counted: counted.has(key), deleted: false },
      now,
    )
    if (typeof next.strike === 'string') continue
    counted.add(key)
    given.push({ number: next.strike.number, key })
    strikes.push({ ...life, at: now, toldAt: now, carried: next.strike.carried })
    if (next.deleteApp) deletions.push(now)
    if (next.suspend) suspended = true
  }
  return { strikes, given, deletions, suspended }
}

describe('whatever is told, in whatever order, however often', () => {
  const tellings = fc.array(stop, { minLength: 1, maxLength: 12 }).chain((stops) =>
    fc
      .array(
        fc.record({ at: fc.nat(stops.length - 1), atS: fc.integer({ min: 0, max: 200_000 }), crash: fc.boolean() }),
        { maxLength: 40 },
      )
      .map((order) => {
        const lives = asLives(stops)
        return order.map(({ at, atS, crash }) => ({ stop: lives[at]!, atS, crash }))
      }),
  )

  test('there are no more strikes than distinct proven epochs', () => {
    fc.assert(
      fc.property(tellings, (told) => {
        const proven = new Set(
          told.filter((one) => one.stop.proven && !one.crash).map(({ stop }) => `${stop.host}:${stop.epoch}`),
        )
        const { given } = run(told)
        expect(given.length).toBeLessThanOrEqual(proven.size)
        expect(new Set(given.map(({ key }) => key)).size).toBe(given.length)
      }),
    )
  })

  test('telling everything twice changes nothing', () => {
    fc.assert(
      fc.property(tellings, (told) => {
        const twice = told.flatMap((one) => [one, one])
        expect(run(twice).given).toEqual(run(told).given)
      }),
    )
  })

  test('stops without proof alone bring nothing', () => {
    fc.assert(
      fc.property(tellings, (told) => {
        const unproven = told.map((one) => ({ ...one, stop: { ...one.stop, proven: false } }))
        expect(run(unproven)).toEqual({ strikes: [], given: [], deletions: [], suspended: false })
      }),
    )
  })

  test('no strike comes from an epoch that began before the owner was told of the last one on the app', () => {
    fc.assert(
      fc.property(tellings, (told) => {
        const { strikes } = run(told)
        for (const [i, strike] of strikes.entries()) {
          for (const before of strikes.slice(0, i)) {
            if (before.app === strike.app) expect(strike.startedAt.getTime()).toBeGreaterThan(before.toldAt.getTime())
          }
        }
      }),
    )
  })
})

test('a hundred replicas of one deploy earn one strike, over all apps and hosts, in any order', () => {
  const replica = fc.record({
    startS: fc.integer({ min: 0, max: DEPLOY_WINDOW_MS / 1000 }),
    app: fc.integer({ min: 1, max: 5 }),
    host: fc.integer({ min: 1, max: 5 }),
    atS: fc.integer({ min: 0, max: 10_000 }),
  })
  fc.assert(
    fc.property(fc.array(replica, { minLength: 1, maxLength: 100 }), (replicas) => {
      const told = replicas.map(({ atS, ...one }, i) => ({
        stop: { ...one, epoch: i, image: 1, name: i, proven: true },
        atS,
      }))
      expect(run(told).given).toHaveLength(1)
    }),
  )
})

describe('the ladder', () => {
  const again = (n: number, app = 1, from = 0): Told[] =>
    Array.from({ length: n }, (_, i) => ({
      stop: { host: 1, epoch: from + i, app, image: app, name: 1, startS: (from + i) * 600, proven: true },
      atS: (from + i) * 600 + 20,
    }))

  test('the fifth strike deletes the app, the second deleted app suspends the account', () => {
    expect(run(again(4)).deletions).toHaveLength(0)
    expect(run(again(5))).toMatchObject({ deletions: [at(4 * 600 + 20)], suspended: false })
    expect(run([...again(5), ...again(5, 2, 5)])).toMatchObject({ suspended: true })
  })

  test('five strikes over three apps within 30 days suspend, over two apps or 31 days do not', () => {
    const strike = (app: string, day: number) => ({ app, at: new Date(T - day * DAY_MS) })
    const now = at(0)
    expect(suspension([strike('a', 29), strike('a', 5), strike('b', 4), strike('b', 1), strike('c', 0)], 0, now)).toBe(
      'strikes',
    )
    expect(
      suspension([strike('a', 31), strike('a', 5), strike('b', 4), strike('b', 1), strike('c', 0)], 0, now),
    ).toBeNull()
    expect(
      suspension([strike('a', 9), strike('a', 5), strike('b', 4), strike('b', 1), strike('b', 0)], 0, now),
    ).toBeNull()
  })

  test('who comes back under another name begins at three, and only once', () => {
    const { given, strikes } = run(again(3), { returning: true })
    expect(given.map(({ number }) => number)).toEqual([3, 4, STRIKES_TO_DELETE])
    expect(countOn(strikes, 'app-1')).toBe(STRIKES_TO_DELETE)
  })

  test('a strike that expired or was erased is not counted', () => {
    const life = lifeOf(again(1)[0]!.stop)
    expect(
      consequence({ strikes: [], deletions: [], returning: false }, life, { counted: true, deleted: false }, at(0))
        .strike,
    ).toBe('epoch_counted')
    expect(
      consequence({ strikes: [], deletions: [], returning: false }, life, { counted: false, deleted: false }, at(0))
        .strike,
    ).toEqual({
      number: 1,
      carried: 0,
    })
  })
})
