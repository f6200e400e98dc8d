import { describe, expect, test } from 'vitest'
import { amountsOf, targetsOf, type Holding } from '#server/usage/holding.ts'
import { judge, quotaFor, type Limits, type Quota } from '#server/usage/quota.ts'
import { amount, crossingWords } from '#server/usage/quotaWords.ts'

const now = new Date('2026-11-21T03:12:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000)
const limits: Limits = { soft: 100n, hard: 200n, graceSeconds: 600, action: 'stop' }
const never = { hardSince: null, actedAt: null }

describe('an amount held against its limits', () => {
  test('is within them up to the limit itself', () => {
    expect(judge(100n, limits, never, now)).toMatchObject({ level: 'within', act: null })
  })

  test('over the soft limit is told and nothing more', () => {
    expect(judge(101n, limits, never, now)).toEqual({
      level: 'soft',
      limit: 100n,
      hardSince: null,
      actsAt: null,
      act: null,
    })
  })

  test('over the hard limit is acted on when the grace is over, not before', () => {
    expect(judge(201n, limits, never, now)).toMatchObject({
      level: 'hard',
      hardSince: now,
      actsAt: new Date(now.getTime() + 600_000),
      act: null,
    })
    expect(judge(201n, limits, { ...never, hardSince: ago(599) }, now).act).toBe(null)
    expect(judge(201n, limits, { ...never, hardSince: ago(600) }, now).act).toBe('stop')
  })

  test('what was done in vain is done again a grace later', () => {
    expect(judge(201n, limits, { hardSince: ago(900), actedAt: ago(300) }, now).act).toBe(null)
    expect(judge(201n, limits, { hardSince: ago(1300), actedAt: ago(600) }, now).act).toBe('stop')
  })

  test('below the hard limit again the grace begins anew the next time', () => {
    expect(judge(150n, limits, { ...never, hardSince: ago(599) }, now)).toMatchObject({
      level: 'soft',
      hardSince: null,
    })
  })

  test('a limit that only gives notice never acts', () => {
    expect(judge(201n, { ...limits, action: 'notice' }, { ...never, hardSince: ago(9999) }, now)).toMatchObject({
      level: 'hard',
      act: null,
      actsAt: null,
    })
  })
})

const quota = (over: Partial<Quota>): Quota => ({
  id: 1n,
  plan: null,
  accountId: null,
  app: null,
  scope: 'account',
  meter: 'memory',
  ...limits,
  ...over,
})

test('the most specific limit holds: account and app before account before plan', () => {
  const all = [
    quota({ id: 1n, plan: 'team' }),
    quota({ id: 2n, plan: 'free' }),
    quota({ id: 3n, accountId: 7n }),
    quota({ id: 4n, accountId: 7n, app: 'web' }),
    quota({ id: 5n, accountId: 8n }),
  ]
  const of = (accountId: bigint, app: string | null) =>
    quotaFor(all, { accountId, plan: 'team', app }, 'account', 'memory')?.id
  expect([of(7n, 'web'), of(7n, 'db'), of(9n, 'web')]).toEqual([4n, 3n, 1n])
  expect(quotaFor(all, { accountId: 7n, plan: 'team', app: null }, 'container', 'memory')).toBe(undefined)
})

const holding = (name: string, memory: bigint, over: Partial<Holding> = {}): Holding => ({
  accountId: 7n,
  app: 'web',
  hostId: 1,
  epoch: 1,
  containerId: name,
  name,
  openedAt: now,
  memory,
  disk: 0n,
  logs: 0n,
  ...over,
})
const accounts = [{ id: 7n, name: 'saltmarsh', plan: 'team' }]

describe('what limits apply to', () => {
  const holdings = [holding('a', 50n), holding('b', 30n, { app: 'db' }), holding('gone', 0n, { epoch: null, disk: 9n })]
  const egress = [{ accountId: 7n, app: 'web', bytes: 5n }]

  test('amounts are summed by scope, and only where a limit applies', () => {
    const quotas = [
      quota({ plan: 'team' }),
      quota({ plan: 'team', meter: 'containers' }),
      quota({ plan: 'team', meter: 'egress' }),
      quota({ plan: 'team', scope: 'app' }),
      quota({ plan: 'team', scope: 'container', meter: 'disk' }),
    ]
    const found = amountsOf({ accounts, holdings, egress }, quotas).map((a) => [a.subject, a.used])
    expect(found).toEqual([
      ['quota:memory:7', 80n],
      ['quota:egress:7', 5n],
      ['quota:containers:7', 2n],
      ['quota:memory:7:web', 50n],
      ['quota:memory:7:db', 30n],
      ['quota:disk:container:1:a', 0n],
      ['quota:disk:container:1:b', 0n],
      ['quota:disk:container:1:gone', 9n],
    ])
  })

  test('the greatest are acted on first, and no more than it takes', () => {
    const of = [
      holding('small', 10n),
      holding('great', 90n),
      holding('middle', 60n),
      holding('gone', 99n, { epoch: null }),
    ]
    const names = (hard: bigint) =>
      targetsOf({
        subject: '',
        scope: 'account',
        meter: 'memory',
        accountId: 7n,
        app: null,
        container: null,
        used: 160n,
        quota: quota({ hard }),
        of,
      }).map((h) => h.name)
    expect(names(100n)).toEqual(['great'])
    expect(names(69n)).toEqual(['great', 'middle'])
    expect(names(0n)).toEqual(['great', 'middle', 'small'])
  })

  test('of too many containers the newest are', () => {
    const of = [holding('old', 1n, { openedAt: ago(99) }), holding('new', 1n), holding('mid', 1n, { openedAt: ago(9) })]
    const targets = targetsOf({
      subject: '',
      scope: 'account',
      meter: 'containers',
      accountId: 7n,
      app: null,
      container: null,
      used: 3n,
      quota: quota({ hard: 1n }),
      of,
    })
    expect(targets.map((h) => h.name)).toEqual(['new', 'mid'])
  })
})

test('owners read the fact, what follows and what to do', () => {
  expect([
    amount('memory', 1536n),
    amount('logs', 12n),
    amount('egress', 3n << 40n),
    amount('containers', 12n),
  ]).toEqual(['1.5 GiB', '12 MiB', '3.0 TiB', '12'])
  const words = crossingWords({
    meter: 'memory',
    subject: 'saltmarsh/web',
    used: 2048n,
    soft: 1024n,
    hard: 1536n,
    action: 'stop',
    level: 'hard',
    actsAt: now,
  })
  expect(words.title).toBe('Memory of saltmarsh/web is over the hard limit: 2.0 GiB of 1.5 GiB')
  expect(words.body).toMatch(/^If it still is at 2026-11-21 03:12 UTC, containers are stopped/)
})
