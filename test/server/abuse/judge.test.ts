import { describe, expect, test } from 'vitest'
import { changeSettings } from '#server/abuse/settings.ts'
import { testDatabase } from '../../support/database.ts'
import { house, mining, MINER_EXE, sha } from './house.ts'

const { sql } = await testDatabase()
const wharf = await house(sql, { WHARF_ABUSE_BREAKER_ACCOUNTS: '1000', WHARF_ABUSE_BREAKER_SHARE: '1' })

describe('the ladder', () => {
  test('a proven stop is a strike, told to the owner with the reasons, and the fifth deletes the app', async () => {
    const account = await wharf.addAccount('quietfern')
    let last = await wharf.start('quietfern', 'worker', 0)
    for (let i = 0; i < 5; i++) {
      const life = await wharf.start('quietfern', 'worker', i * 600)
      await wharf.finds(life, i * 600 + 15)
      last = life
    }
    expect((await wharf.strikes('quietfern')).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5])
    expect((await wharf.caseOf('quietfern')).state).toBe('deleted')
    expect(await wharf.commands(last.containerId)).toEqual(['delete'])
    const notices = await sql<{ title: string; body: string }[]>`
      select title, body from notice where account_id = ${account} order by id`
    expect(notices.map(({ title }) => title)).toEqual([
      'worker was stopped: strike 1 of 5',
      'worker was stopped: strike 2 of 5',
      'worker was stopped: strike 3 of 5',
      'worker was stopped: strike 4 of 5',
      'worker was deleted after 5 strikes',
    ])
    expect(notices[0]!.body).toContain('2344 MiB')
    expect(notices[0]!.body).toContain('After 4 more strikes the app is deleted')
  })

  test('a second deleted app suspends the account', async () => {
    for (let i = 0; i < 5; i++) {
      const life = await wharf.start('quietfern', 'encoder', 10_000 + i * 600)
      await wharf.finds(life, 10_000 + i * 600 + 15)
    }
    await wharf.settle(13_000)
    const holds = await sql`select 1 from account_hold h join account a on a.id = h.account_id
      where a.name = 'quietfern' and h.kind = 'abuse' and h.lifted_at is null`
    expect(holds.length).toBe(1)
    expect(await wharf.kinds('quietfern')).toContain('suspended')
  })

  test('a finding that comes again, and a second one of the same epoch, bring nothing more', async () => {
    await wharf.addAccount('replay')
    const life = await wharf.start('replay', 'web', 0)
    const id = await wharf.finds(life, 15)
    await wharf.finds(life, 20, { id })
    await wharf.finds(life, 30)
    expect(await wharf.strikes('replay')).toHaveLength(1)
  })

  test('what was started before the notice of the last stop was sent brings no strike', async () => {
    await wharf.addAccount('offline')
    const lives = [await wharf.start('offline', 'web', 0), await wharf.start('offline', 'web', 60)]
    for (const [i, life] of lives.entries()) await wharf.finds(life, 600 + i)
    expect(await wharf.strikes('offline')).toHaveLength(1)
    expect(await wharf.kinds('offline')).toContain('no_strike')
  })

  test('a hundred replicas of one deploy earn one strike', async () => {
    await wharf.addAccount('scaled')
    const lives = []
    for (let i = 0; i < 100; i++) lives.push(await wharf.start('scaled', `web-${i % 10}`, i % 50, `replica-${i}`))
    for (const [i, life] of lives.entries()) await wharf.finds(life, 20 + i)
    expect(await wharf.strikes('scaled')).toHaveLength(1)
  })

  test('a label that no account has is struck under its value, and operators are told', async () => {
    const life = await wharf.start('nobody-knows', 'web', 0)
    await wharf.finds(life, 15)
    expect(await wharf.strikes('nobody-knows')).toHaveLength(1)
    const told = await sql`select 1 from notice where audience = 'operators' and kind = 'abuse.stopped'`
    expect(told.length).toBe(1)
  })
})

describe('what is not proven', () => {
  test('a stop by the host that our own score does not uphold is undone, without a strike', async () => {
    await wharf.addAccount('honest')
    const life = await wharf.start('honest', 'jvm', 0)
    await wharf.finds(life, 15, { observations: mining().slice(0, 2) })
    expect(await wharf.strikes('honest')).toHaveLength(0)
    expect(await wharf.commands(life.containerId)).toEqual(['restart'])
    expect(await wharf.kinds('honest')).toContain('not_upheld')
  })

  test('behaviour alone throttles and strikes nobody', async () => {
    await wharf.addAccount('mailer')
    const life = await wharf.start('mailer', 'smtp', 0)
    await wharf.finds(life, 70, {
      action: 'watched',
      observations: [{ signal: 'net.smtp_fanout', value: 400, heldS: 60 }],
    })
    expect(await wharf.commands(life.containerId)).toEqual(['throttle'])
    expect((await wharf.caseOf('mailer')).state).toBe('throttled')
    expect(await wharf.strikes('mailer')).toHaveLength(0)
  })

  test('what the host only watched is stopped by a command where our score is enough', async () => {
    await wharf.addAccount('watched')
    const life = await wharf.start('watched', 'web', 0)
    await wharf.finds(life, 15, { action: 'watched' })
    expect(await wharf.commands(life.containerId)).toEqual(['stop'])
    expect(await wharf.strikes('watched')).toHaveLength(1)
  })
})

describe('policy', () => {
  test('hold fire and protection keep everybody running', async () => {
    await wharf.addAccount('held')
    await changeSettings(wharf.at(0), { holdFire: true }, 'an incident with a rule')
    const life = await wharf.start('held', 'web', 0)
    await wharf.finds(life, 15, { action: 'held' })
    expect([await wharf.strikes('held'), await wharf.commands(life.containerId)].flat()).toEqual([])
    await changeSettings(wharf.at(20), { holdFire: false, protectedAccounts: ['held'] }, 'over')
    await wharf.finds(life, 30, { action: 'held' })
    expect([await wharf.strikes('held'), await wharf.commands(life.containerId)].flat()).toEqual([])
    await changeSettings(wharf.at(40), { protectedAccounts: [] }, 'over')
    await wharf.finds(life, 50)
    expect(await wharf.strikes('held')).toHaveLength(1)
  })

  test('a game server is stopped where its cluster forbids it, and left where it is allowed', async () => {
    await wharf.addAccount('gamer')
    const observations = [{ signal: 'game.minecraft_ping' as const, value: '25565 1.21 0/20', heldS: 0 }]
    const first = await wharf.start('gamer', 'craft', 0)
    await changeSettings(wharf.at(0), { gamePolicy: { 'free-1': 'allowed' } }, 'paid')
    await wharf.finds(first, 15, { action: 'watched', observations })
    expect(await wharf.commands(first.containerId)).toEqual([])
    await changeSettings(wharf.at(20), { gamePolicy: {} }, 'free again')
    await wharf.finds(first, 25, { action: 'watched', observations })
    expect(await wharf.commands(first.containerId)).toEqual(['stop'])
  })
})

describe('coming back', () => {
  test('a wallet, or an executable that is not public, starts the new account at strike 3', async () => {
    for (const [old, young] of [
      ['alder', 'birch'],
      ['cedar', 'dogwood'],
    ] as const) {
      await wharf.addAccount(old)
      await wharf.addAccount(young)
      const byWallet = old === 'alder'
      const shared = byWallet
        ? { wallets: ['4AdUndXHHZ6cfufTMvppY6JwXNouMBzSkbLYfpAV'], executables: [] }
        : { executables: [{ path: '/w', sha256: sha('private build'), deleted: false, memfd: false, busyPercent: 90 }] }
      await wharf.finds(await wharf.start(old, 'web', 0), 15, shared)
      await wharf.finds(await wharf.start(young, 'web', 7_200, `${young}-w`), 7_215, shared)
      expect(await wharf.strikes(young)).toEqual([{ app: 'web', number: 3, carried: 2, erased: false }])
    }
  })

  test('an executable that many owners run links nobody', async () => {
    const struck = await wharf.start('late-comer', 'web', 90_000)
    await wharf.finds(struck, 90_015, {
      executables: [{ path: '/w', sha256: MINER_EXE, deleted: false, memfd: false, busyPercent: 90 }],
    })
    expect((await wharf.strikes('late-comer')).map(({ number }) => number)).toEqual([1])
  })
})
