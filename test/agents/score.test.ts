import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { builtinBundle, builtinRules } from '#agents/pack.ts'
import {
  CORROBORATING,
  FAMILY_CAPS,
  SELF_PROVING,
  SIGNALS,
  type Observation,
  type Rule,
  type RuleBundle,
} from '#agents/rules.ts'
import { expressionOf, inList, score } from '#agents/score.ts'

const bundle = builtinBundle('free')
const whose = { account: 'someone', app: 'web', nowMs: 0 }
const seen = (
  signal: Observation['signal'],
  value: Observation['value'],
  more: Partial<Observation> = {},
): Observation => ({
  signal,
  value,
  heldS: 600,
  ...more,
})
const judged = (observations: Observation[], change: Partial<RuleBundle['policy']> = {}, context = whose) =>
  score({ ...bundle, policy: { ...bundle.policy, ...change } }, observations, context)

/** Observations that each make at least one built-in rule match, and some that match none. */
const MATCHING: Record<string, Observation['value'][]> = {
  'memory.randomx_geometry': [2080, 2344, 100],
  'memory.randomx_light': [256],
  'memory.dataset_entropy': [1, 0.95, 0.3],
  'memory.stratum_words': [1, 4],
  'exe.miner_strings': ['xmrig randomx', 'hello'],
  'exe.deleted': [true],
  'exe.memfd': [true],
  'wire.stratum': ['{"method":"login"}'],
  'net.watchlist_name': ['pool.supportxmr.com', 'example.org'],
  'net.established': ['eu.supportxmr.com:443', '10.0.0.2:3333'],
  'process.name': ['xmrig', 'node'],
  'process.flags': ['w --donate-level 1', 'w -v'],
  'cpu.flat_busy': [99],
  'cpu.throttled_busy': [99],
  'game.minecraft_ping': ['25565 1.21 0/20'],
  'game.bedrock_ping': ['19132'],
  'game.a2s': ['27015'],
  'log.growth': [30_000_000],
  'restart.cadence': [9],
  'fork.storm': [900],
  'net.scan_fanout': [900],
  'net.smtp_fanout': [90],
}
const observation = fc.constantFrom(...Object.entries(MATCHING)).chain(([signal, values]) =>
  fc.record({
    signal: fc.constant(signal as Observation['signal']),
    value: fc.constantFrom(...values),
    heldS: fc.constantFrom(0, 30, 600),
    subject: fc.constantFrom('one', 'two'),
  }),
)
const many = fc.array(observation, { maxLength: 25 })

const rulesOf = (keep: (rule: Rule) => boolean): RuleBundle => ({ ...bundle, rules: builtinRules.filter(keep) })

describe('whatever is observed', () => {
  test('every signal has a built-in rule, and every expression is RE2', () => {
    expect(new Set(builtinRules.map(({ signal }) => signal))).toEqual(new Set(Object.keys(SIGNALS)))
    for (const { op, value } of builtinRules) if (op === 'matches') expect(expressionOf(String(value))).not.toBeNull()
  })

  test('behaviour and context alone never stop', () => {
    const without = rulesOf((rule) => rule.class !== 'proof')
    fc.assert(fc.property(many, (all) => void expect(score(without, all, whose).verdict).not.toBe('stop')))
  })

  test('one family alone never stops, but a game server’s own answer', () => {
    fc.assert(
      fc.property(many, (all) => {
        const { verdict, contributions } = score(bundle, all, whose)
        if (verdict !== 'stop') return
        const counting = contributions.filter(({ points }) => points > 0)
        const proofs = counting.filter((one) => one.class === 'proof').map(({ family }) => family)
        const selfProven = proofs.some((family) => SELF_PROVING.has(family))
        const second = proofs.some((proof) =>
          counting.some(({ family }) => family !== proof && CORROBORATING.has(family)),
        )
        expect(proofs.length).toBeGreaterThan(0)
        expect(selfProven || second).toBe(true)
      }),
    )
  })

  test('a family stays within its cap, context within 30, and the points are their sum', () => {
    fc.assert(
      fc.property(many, (all) => {
        const { points, contributions } = score(bundle, all, whose)
        for (const [family, of] of Map.groupBy(contributions, (one) => one.family)) {
          expect(of.reduce((sum, one) => sum + one.points, 0)).toBeLessThanOrEqual(FAMILY_CAPS[family])
        }
        const context = contributions.filter((one) => one.class === 'context')
        expect(context.reduce((sum, one) => sum + one.points, 0)).toBeLessThanOrEqual(30)
        expect(contributions.reduce((sum, one) => sum + one.points, 0)).toBe(points)
      }),
    )
  })

  test('the order and repetition of what was seen do not matter', () => {
    fc.assert(
      fc.property(many, (all) => {
        const once = score(bundle, all, whose)
        const again = score(bundle, [...all, ...all].toReversed(), whose)
        expect([again.points, again.verdict]).toEqual([once.points, once.verdict])
      }),
    )
  })

  test('hold fire, protection and dry-run leave nothing to act on', () => {
    fc.assert(
      fc.property(many, (all) => {
        const acts = (change: Partial<RuleBundle['policy']>) =>
          ['stop', 'throttle'].includes(
            score({ ...bundle, policy: { ...bundle.policy, ...change } }, all, whose).action,
          )
        expect(acts({ holdFire: true })).toBe(false)
        expect(acts({ protected: { accounts: ['someone'], apps: [] } })).toBe(false)
        expect(acts({ protected: { accounts: [], apps: ['someone/web'] } })).toBe(false)
        expect(acts({ dryRun: builtinRules.map(({ id }) => id) })).toBe(false)
      }),
    )
  })
})

describe('cases', () => {
  const dataset = [seen('memory.randomx_geometry', 2344), seen('memory.dataset_entropy', 1)]

  test('a dataset and words of stratum are a stop, with both in words', () => {
    const found = judged([...dataset, seen('memory.stratum_words', 3)])
    expect(found).toMatchObject({ verdict: 'stop', action: 'stop', points: 140, category: 'miner' })
    expect(found.contributions.map(({ words }) => words).join(' ')).toContain('2344 MiB')
  })

  test('the dataset and a flat cpu, as an honest program has them, never stop', () => {
    expect(judged([...dataset, seen('cpu.flat_busy', 99), seen('exe.deleted', true)]).verdict).toBe('throttle')
  })

  test('what that memory holds clears its size', () => {
    expect(judged([seen('memory.randomx_geometry', 2344), seen('memory.dataset_entropy', 0.4)]).points).toBe(0)
  })

  test('what was seen in different programs never adds', () => {
    const apart = [
      seen('memory.randomx_geometry', 2344, { subject: 'jvm' }),
      seen('exe.miner_strings', 'xmrig', { subject: 'scanner' }),
    ]
    expect(judged(apart).verdict).toBe('suspect')
    expect(judged(apart.map((one) => ({ ...one, subject: 'same' }))).verdict).toBe('stop')
  })

  test('a behaviour that did not last does not count', () => {
    expect(judged([seen('log.growth', 30_000_000, { heldS: 5 })]).points).toBe(0)
    expect(judged([seen('log.growth', 30_000_000, { heldS: 10 })]).action).toBe('throttle')
  })

  test('a game server proves itself, and the cluster says what follows', () => {
    const game = [seen('game.minecraft_ping', '25566 1.21 3/20')]
    expect(judged(game)).toMatchObject({ verdict: 'stop', action: 'stop' })
    expect(judged(game, { gameServers: 'throttled' })).toMatchObject({
      verdict: 'stop',
      action: 'throttle',
      heldBy: 'policy',
    })
    expect(judged(game, { gameServers: 'allowed' })).toMatchObject({ action: 'observe', heldBy: 'policy' })
  })

  test('an exemption holds for one account, executable and rule, until it ends', () => {
    const exeSha256 = 'ab'.repeat(32)
    const all = [
      seen('memory.randomx_geometry', 2344, { exeSha256 }),
      seen('exe.miner_strings', 'randomx', { exeSha256 }),
    ]
    const exemptions = [{ account: 'someone', exeSha256, rule: 'miner.executable-strings', untilMs: 100 }]
    expect(judged(all).verdict).toBe('stop')
    expect(judged(all, { exemptions }).verdict).toBe('suspect')
    expect(judged(all, { exemptions }, { ...whose, nowMs: 100 }).verdict).toBe('stop')
    expect(judged(all, { exemptions }, { ...whose, account: 'other' }).verdict).toBe('stop')
  })

  test('a disputed app is slowed where it would be stopped, until its day is over', () => {
    const all = [...dataset, seen('memory.stratum_words', 3)]
    const disputes = [{ caseId: 1, account: 'someone', app: 'web', cpuPercent: 10, untilMs: 100 }]
    expect(judged(all, { disputes })).toMatchObject({ verdict: 'stop', action: 'throttle', heldBy: 'dispute' })
    expect(judged(all, { disputes }, { ...whose, nowMs: 100 }).action).toBe('stop')
  })

  test('a rule in dry-run only counts what it would have done', () => {
    const found = judged([...dataset, seen('memory.stratum_words', 3)], { dryRun: ['miner.stratum-memory'] })
    expect(found).toMatchObject({ verdict: 'suspect', action: 'suspect', wouldHave: { verdict: 'stop' } })
  })

  test('a list matches a name and what is below it, not what only ends like it', () => {
    const pools = new Set(['minexmr.com'])
    expect(
      ['minexmr.com:443', 'POOL.minexmr.com.', 'notminexmr.com', '1.2.3.4:443'].map((name) => inList(pools, name)),
    ).toEqual([true, true, false, false])
  })

  test('an expression that backtracks elsewhere takes linear time, and one that is none matches nothing', () => {
    const evil: Rule = {
      ...builtinRules[0]!,
      id: 'evil',
      signal: 'process.flags',
      op: 'matches',
      value: '(a+)+$',
      class: 'context',
    }
    const all = [seen('process.flags', `${'a'.repeat(3_900)}!`)]
    expect(score({ ...bundle, rules: [evil] }, all, whose).points).toBe(0)
    expect(score({ ...bundle, rules: [{ ...evil, value: '(?=a)' }] }, all, whose).points).toBe(0)
  })
})
