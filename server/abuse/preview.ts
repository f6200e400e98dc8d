import type { Sql } from '#db/client.ts'
import type { Observation, RuleBundle } from '#agents/rules.ts'
import { score, type Verdict } from '#agents/score.ts'
import { bundleNow, newestRules } from './bundle.ts'
import { diffRules, readRules, type RuleDiff } from './changeRules.ts'

const DAY_MS = 86_400_000
const MOST = 5_000

type Seen = {
  owner: string
  app: string
  hostId: number
  epoch: bigint
  name: string
  cluster: string
  seenAt: Date
  observations: Observation[]
}

export type Changed = { owner: string; app: string; container: string; before: Verdict; after: Verdict; points: number }

export type Preview = {
  diff: RuleDiff
  /** Containers and accounts looked at, and whether there were more findings than were read. */
  looked: { containers: number; accounts: number; cut: boolean }
  /** How many of them the rules would have stopped, all armed. */
  stops: { containers: number; accounts: number }
  throttles: { containers: number; accounts: number }
  /** Those whose verdict differs from that of the rules that hold now. */
  changed: Changed[]
}

const RANK: Record<Verdict, number> = { none: 0, observe: 1, suspect: 2, throttle: 3, stop: 4 }

const countOf = (rows: readonly { owner: string; verdict: Verdict }[], verdict: Verdict) => {
  const some = rows.filter((row) => row.verdict === verdict)
  return { containers: some.length, accounts: new Set(some.map(({ owner }) => owner)).size }
}

/** What rules would have done with the last 24 h of findings, all of them armed, beside what those of now say. Changes nothing. */
export const preview = async (sql: Sql, given: unknown, now: Date): Promise<Preview> => {
  const rules = await readRules(sql, given)
  const current = (await newestRules(sql))?.rules ?? []
  const seen = await sql<Seen[]>`
    select s.owner, s.app, s.host_id, s.epoch, s.name, c.name as cluster, s.seen_at, s.observations
    from abuse_sighting s join host h on h.id = s.host_id join cluster c on c.id = h.cluster_id
    where s.seen_at > ${new Date(now.getTime() - DAY_MS)} and s.seen_at <= ${now} order by s.id desc limit ${MOST + 1}`
  const bundles = new Map<string, RuleBundle>()
  for (const cluster of new Set(seen.map((one) => one.cluster))) {
    const bundle = await bundleNow(sql, cluster, now)
    bundles.set(cluster, { version: 0, issuedAtMs: 0, ...bundle, policy: { ...bundle.policy, dryRun: [] } })
  }
  const lives = new Map<
    string,
    { owner: string; app: string; name: string; before: Verdict; after: Verdict; points: number }
  >()
  for (const one of seen.slice(0, MOST)) {
    const bundle = bundles.get(one.cluster)
    if (!bundle) continue
    const context = { account: one.owner, app: one.app, nowMs: one.seenAt.getTime() }
    const before = score({ ...bundle, rules: current }, one.observations, context).verdict
    const after = score({ ...bundle, rules }, one.observations, context)
    const key = `${one.hostId}:${one.epoch}`
    const known = lives.get(key)
    lives.set(key, {
      owner: one.owner,
      app: one.app,
      name: one.name,
      before: known && RANK[known.before] > RANK[before] ? known.before : before,
      after: known && RANK[known.after] > RANK[after.verdict] ? known.after : after.verdict,
      points: Math.max(known?.points ?? 0, after.points),
    })
  }
  const all = [...lives.values()]
  const after = all.map((one) => ({ owner: one.owner, verdict: one.after }))
  return {
    diff: diffRules(current, rules),
    looked: { containers: all.length, accounts: new Set(all.map(({ owner }) => owner)).size, cut: seen.length > MOST },
    stops: countOf(after, 'stop'),
    throttles: countOf(after, 'throttle'),
    changed: all
      .filter(({ before, after }) => before !== after)
      .slice(0, 100)
      .map(({ name, ...one }) => ({ ...one, container: name })),
  }
}
