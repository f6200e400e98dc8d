import { describe, expect, test } from 'vitest'
import { enforceLabels, liftLabel } from '#server/abuse/holdLabel.ts'
import { relieve } from '#server/abuse/relieve.ts'
import { recordResults } from '#server/hosts/recordResults.ts'
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

describe('without an account', () => {
  /** Has an app struck until it is deleted. */
  const strikeOut = async (label: string, app: string, from: number) => {
    for (let i = 0; i < 5; i++) {
      const life = await wharf.start(label, app, from + i * 600)
      // A container's name stands for its app where no label says one.
      await sql`update attribution set app = ${app} where host_id = ${wharf.host} and epoch = ${life.epoch}`
      await wharf.finds(life, from + i * 600 + 15)
    }
  }

  test('a label whose second app is deleted is suspended: what starts under it is stopped, until an admin lifts that', async () => {
    await strikeOut('ghost', 'one', 0)
    await strikeOut('ghost', 'two', 4_000)
    await wharf.settle(8_000)
    await wharf.settle(8_001)
    expect((await wharf.kinds('ghost')).filter((kind) => kind === 'suspended')).toHaveLength(1)
    const later = await wharf.start('ghost', 'three', 9_000)
    const other = await wharf.start('bystander', 'web', 9_000)
    await enforceLabels(wharf.at(9_060))
    await enforceLabels(wharf.at(9_120))
    expect(await wharf.commands(later.containerId)).toEqual(['stop'])
    expect(await wharf.commands(other.containerId)).toEqual([])
    const told = await sql`select 1 from notice where audience = 'operators' and title like '%ghost is suspended'`
    expect(told).toHaveLength(1)

    await liftLabel(wharf.at(10_000), 'ghost', 'its owner has an account now')
    const free = await wharf.start('ghost', 'four', 10_060)
    await enforceLabels(wharf.at(10_120))
    expect(await wharf.commands(free.containerId)).toEqual([])
    await expect(liftLabel(wharf.at(10_200), 'ghost', 'again')).rejects.toThrow('not suspended')
  })

  test('containers without any label have nobody in common: no app’s strikes count against another, nothing is suspended', async () => {
    for (const [i, app] of ['alone-1', 'alone-2', 'alone-3'].entries()) await strikeOut('', app, 20_000 + i * 4_000)
    await wharf.settle(40_000)
    const rows = await wharf.strikes('(none)')
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    expect(await wharf.kinds('(none)')).not.toContain('suspended')
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

  test('a throttle that we asked for is lifted after ten minutes without more of it, and only then', async () => {
    await wharf.addAccount('calmed')
    const observations = [{ signal: 'net.smtp_fanout' as const, value: 400, heldS: 60 }]
    const life = await wharf.start('calmed', 'smtp', 0)
    await wharf.finds(life, 70, { action: 'watched', observations })
    const [throttle] = await sql<{ id: bigint }[]>`select id from command where container_id = ${life.containerId}`
    const done = { id: Number(throttle!.id), outcome: 'done' as const, detail: 'throttled' }
    await recordResults(wharf.at(80), wharf.host, [done])
    await relieve(wharf.at(600))
    expect(await wharf.commands(life.containerId)).toEqual(['throttle'])
    await wharf.finds(life, 500, { action: 'watched', observations })
    await relieve(wharf.at(700))
    expect(await wharf.commands(life.containerId)).toEqual(['throttle'])
    await relieve(wharf.at(1_110))
    await relieve(wharf.at(1_200))
    expect(await wharf.commands(life.containerId)).toEqual(['throttle', 'unthrottle'])
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
