import { describe, expect, test } from 'vitest'
import { bundleText, type Rule, type RuleBundle } from '#agents/rules.ts'
import { publicKeyFromRaw, verifyText } from '#agents/protocol.ts'
import { tripped } from '#server/abuse/breaker.ts'
import { bundleFor, newestRules, publish } from '#server/abuse/bundle.ts'
import { armDue, armRule, saveList, saveRules } from '#server/abuse/changeRules.ts'
import { preview } from '#server/abuse/preview.ts'
import { serverKey } from '#server/hosts/serverKey.ts'
import { testDatabase } from '../../support/database.ts'
import { house } from './house.ts'

const { sql } = await testDatabase()
const wharf = await house(sql)
const DAY = 86_400

const current = async (): Promise<{ version: number; rules: Rule[] }> => (await newestRules(sql))!
const bundle = async (seconds: number): Promise<RuleBundle> => {
  await publish(wharf.at(seconds))
  return JSON.parse((await bundleFor(wharf.at(seconds), wharf.host)).payload) as RuleBundle
}
const stateOf = async (rule: string) =>
  (await sql`select state, arms_at from abuse_rule_state where rule_id = ${rule}`)[0]

const talk: Rule = {
  id: 'custom.pool-talk',
  category: 'miner',
  family: 'protocol',
  signal: 'wire.stratum',
  op: 'matches',
  value: 'eth_submitLogin',
  for: 0,
  weight: 70,
  class: 'proof',
  explain: 'It speaks to an Ethereum pool.',
}

describe('a bundle', () => {
  test('is signed by the command key, for a purpose of its own, and only grows when something changed', async () => {
    const signed = await bundleFor(wharf.at(0), wharf.host)
    const key = publicKeyFromRaw((await serverKey(wharf.at(0))).publicKey)
    expect(verifyText(key, bundleText(signed.payload), signed.signature)).toBe(true)
    expect(verifyText(key, signed.payload, signed.signature)).toBe(false)
    await publish(wharf.at(5))
    expect((await bundleFor(wharf.at(5), wharf.host)).version).toBe(signed.version)
  })

  test('holds the built-in rules armed, and the pools with their source', async () => {
    const { rules, lists, policy } = await bundle(0)
    expect(rules.length).toBeGreaterThan(15)
    expect(policy).toMatchObject({ dryRun: [], gameServers: 'forbidden', holdFire: false })
    expect(lists[0]).toMatchObject({ name: 'mining-pools', source: expect.stringContaining('falcosecurity') as string })
  })
})

describe('a rule', () => {
  test('is previewed against the last day, saved, dry-run, and armed a day later', async () => {
    await wharf.addAccount('etherish')
    const life = await wharf.start('etherish', 'web', 0)
    const observations = [
      { signal: 'wire.stratum' as const, value: 'eth_submitLogin', heldS: 0 },
      { signal: 'exe.miner_strings' as const, value: 'ethash', heldS: 0 },
    ]
    await wharf.finds(life, 15, { action: 'watched', observations })
    const before = await current()
    const rules = [...before.rules, talk]
    const seen = await preview(sql, rules, wharf.at(60).now)
    expect(seen).toMatchObject({
      stops: { containers: 1, accounts: 1 },
      changed: [{ owner: 'etherish', before: 'suspect', after: 'stop', points: 140 }],
    })
    expect(seen.diff.added.map(({ id }) => id)).toEqual(['custom.pool-talk'])
    expect((await current()).version).toBe(before.version)

    const saved = await saveRules(wharf.at(100), { rules, basedOn: before.version, note: 'a pool we saw' })
    expect(saved).toEqual({ version: before.version + 1, dryRun: ['custom.pool-talk'] })
    expect((await bundle(101)).policy.dryRun).toEqual(['custom.pool-talk'])
    await wharf.finds(life, 120, { action: 'watched', observations })
    const [dry] = await sql`select verdict, would_have, dry_rules from abuse_sighting order by id desc limit 1`
    expect(dry).toEqual({ verdict: 'suspect', wouldHave: 'stop', dryRules: ['custom.pool-talk'] })

    await armDue(wharf.at(100 + DAY - 1))
    expect(await stateOf('custom.pool-talk')).toMatchObject({ state: 'dry_run' })
    await armDue(wharf.at(100 + DAY))
    expect(await stateOf('custom.pool-talk')).toMatchObject({ state: 'armed', armsAt: null })
    await wharf.finds(life, 101 + DAY, { action: 'watched', observations })
    expect(await wharf.commands(life.containerId)).toEqual(['stop'])
  })

  test('can be armed and disarmed by hand, with a reason', async () => {
    await armRule(wharf.at(0), { rule: 'scanner.fanout', armed: false, reason: 'a scan of ours' })
    expect((await bundle(1)).policy.dryRun).toContain('scanner.fanout')
    await armRule(wharf.at(2), { rule: 'scanner.fanout', armed: true, reason: 'over' })
    await expect(armRule(wharf.at(3), { rule: 'scanner.fanout', armed: true, reason: 'again' })).rejects.toThrow(
      'armed already',
    )
  })

  test.each([
    ['an expression that is not RE2', { value: '(?=a)b' }, 'RE2'],
    [
      'a proof made of cpu',
      { family: 'cpu', signal: 'cpu.flat_busy', op: 'at_least', value: 9, weight: 20 },
      'proves nothing',
    ],
    ['a comparison of the wrong type', { op: 'at_least' }, 'compares numbers'],
    ['a list that is not there', { op: 'in_list', value: 'nowhere' }, 'no list'],
    ['a weight over its family’s cap', { weight: 99 }, '80 at most'],
    ['a signal that no agent sends', { signal: 'made.up' }, 'signal'],
  ])('with %s is refused by its name', async (_, change, words) => {
    const { version, rules } = await current()
    const saving = saveRules(wharf.at(0), {
      rules: [...rules, { ...talk, id: 'bad.rule', ...change }],
      basedOn: version,
      note: 'bad',
    })
    await expect(saving).rejects.toThrow(/bad\.rule/)
    await expect(saving).rejects.toThrow(words)
  })

  test('is not saved over somebody else’s version', async () => {
    const { version, rules } = await current()
    await expect(saveRules(wharf.at(0), { rules, basedOn: version - 1, note: 'late' })).rejects.toThrow(
      'saved meanwhile',
    )
  })

  test('names of a list are checked, and hosts get them', async () => {
    const list = { name: 'mining-pools', source: 'ours' }
    await expect(saveList(wharf.at(0), { ...list, entries: ['http://pool'] })).rejects.toThrow('no name of a host')
    await saveList(wharf.at(0), { ...list, entries: ['Pool.Example.org', 'pool.example.org', ''] })
    expect((await bundle(1)).lists[0]).toMatchObject({ entries: ['pool.example.org'], source: 'ours' })
  })
})

describe('a breaker', () => {
  test('trips over accounts, or over a share from 20 stops on', () => {
    const limits = { accounts: 5, share: 0.01 }
    expect(tripped({ accounts: 5, stops: 5, containers: 10 }, limits)).toBeNull()
    expect(tripped({ accounts: 6, stops: 6, containers: 10_000 }, limits)).toContain('6 accounts')
    expect(tripped({ accounts: 1, stops: 19, containers: 20 }, limits)).toBeNull()
    expect(tripped({ accounts: 1, stops: 20, containers: 2_000 }, limits)).toBeNull()
    expect(tripped({ accounts: 1, stops: 21, containers: 2_000 }, limits)).toContain('21 of 2000')
  })

  test('puts the rule into dry-run by itself, tells operators and pages; the next finding is not acted on', async () => {
    for (let i = 0; i < 6; i++) {
      await wharf.addAccount(`many-${i}`)
      await wharf.finds(await wharf.start(`many-${i}`, 'web', i * 20), i * 20 + 15)
    }
    const state = await stateOf('miner.stratum-memory')
    expect(state).toMatchObject({ state: 'dry_run', armsAt: null })
    const told = await sql`select severity from notice where kind = 'abuse.breaker' order by key`
    expect(told.length).toBeGreaterThan(0)
    expect(told[0]).toMatchObject({ severity: 'critical' })
    const pages = await sql`select 1 from graphile_worker._private_jobs j join graphile_worker._private_tasks t
      on t.id = j.task_id where t.identifier = 'incidents.page'`
    expect(pages.length).toBe(told.length)
    await wharf.addAccount('seventh')
    const life = await wharf.start('seventh', 'web', 200)
    await wharf.finds(life, 215, { action: 'watched' })
    expect([await wharf.commands(life.containerId), await wharf.strikes('seventh')].flat()).toEqual([])
  })
})
