import { RE2JS } from 're2js'
import {
  CORROBORATING,
  FAMILY_CAPS,
  SELF_PROVING,
  type Category,
  type Family,
  type Observation,
  type Rule,
  type RuleBundle,
  type RuleClass,
} from './rules.ts'

/** At this many points something is done, and from `SUSPECT` on the agent looks every second. */
export const ENOUGH = 100
export const SUSPECT = 40
const MOST_CONTEXT = 30
/** A value is matched no further than this. */
const MOST_TEXT = 4_000

/** What one rule added, and what it was seen by. `points` is what counts after the caps, `weight` the rule's own. */
export type Contribution = {
  rule: string
  category: Category
  family: Family
  class: RuleClass
  weight: number
  points: number
  /** The rule's sentence with the value put in; raw text, cut. */
  words: string
  excerpt?: string
}

export type Verdict = 'none' | 'observe' | 'suspect' | 'throttle' | 'stop'

/** What evidence alone says of one category in one program. */
export type Weighed = { category: Category | null; points: number; verdict: Verdict; contributions: Contribution[] }

export type Score = Weighed & {
  subject: string | null
  /** What shall be done, after policy: never more than the verdict. */
  action: Verdict
  /** Why the action is less than the verdict; null where it is not. */
  heldBy: 'hold_fire' | 'protected' | 'dispute' | 'policy' | null
  /** With the rules in dry-run counted too. */
  wouldHave: Weighed
}

/** Whose container is judged. `nowMs` is wall time, for what ends. */
export type ScoreContext = { account: string | null; app: string | null; nowMs: number }

const NOTHING: Weighed = { category: null, points: 0, verdict: 'none', contributions: [] }
const RANK: Record<Verdict, number> = { none: 0, observe: 1, suspect: 2, throttle: 3, stop: 4 }

const expressions = new Map<string, RE2JS | null>()

/** The expression, compiled once; null where it is none. RE2: its time is linear in what it reads. */
export const expressionOf = (source: string): RE2JS | null => {
  const known = expressions.get(source)
  if (known !== undefined) return known
  if (expressions.size > 1_000) expressions.clear()
  let made: RE2JS | null = null
  try {
    made = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE)
  } catch {
    // A rule that cannot be read matches nothing; the control plane refuses it before it gets here.
  }
  expressions.set(source, made)
  return made
}

/** True where a name, or one it is a subdomain of, is an entry. */
export const inList = (entries: ReadonlySet<string>, value: string): boolean => {
  const name = value.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '')
  for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    if (entries.has(rest)) return true
  }
  return false
}

const sets = new WeakMap<readonly string[], ReadonlySet<string>>()
const setOf = (entries: readonly string[]): ReadonlySet<string> => {
  const known = sets.get(entries)
  if (known) return known
  const made = new Set(entries.map((entry) => entry.toLowerCase()))
  sets.set(entries, made)
  return made
}

const holds = (rule: Rule, { value, heldS }: Observation, lists: RuleBundle['lists']): boolean => {
  if (heldS < rule.for) return false
  if (rule.op === 'is') return value === rule.value
  if (rule.op === 'at_least') return typeof value === 'number' && value >= Number(rule.value)
  if (rule.op === 'at_most') return typeof value === 'number' && value <= Number(rule.value)
  const text = String(value).slice(0, MOST_TEXT)
  if (rule.op === 'matches') return expressionOf(String(rule.value))?.matcher(text).find() ?? false
  const list = lists.find(({ name }) => name === rule.value)
  return list !== undefined && inList(setOf(list.entries), text)
}

const wordsOf = (rule: Rule, { value, heldS }: Observation): string => {
  const shown = typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value)
  return rule.explain
    .replaceAll('{value}', () => shown.slice(0, 200))
    .replaceAll('{for}', () => String(Math.round(heldS)))
}

type Hit = { rule: Rule; observation: Observation }

/** Weighs one category's hits: the heaviest observation a rule, a cap a family, 30 in all for context. */
const weigh = (category: Category, hits: readonly Hit[]): Weighed => {
  const best = new Map<string, Hit>()
  for (const hit of hits) if (!best.has(hit.rule.id)) best.set(hit.rule.id, hit)
  const families = Map.groupBy(best.values(), ({ rule }) => rule.family)
  const contributions: Contribution[] = []
  /** Families that count, and whether one of their proofs does. */
  const standing = new Map<Family, boolean>()
  let context = MOST_CONTEXT
  for (const [family, members] of families) {
    const sum = members.reduce((total, { rule }) => total + rule.weight, 0)
    let room = Math.min(FAMILY_CAPS[family], Math.max(0, sum))
    const order: Record<RuleClass, number> = { proof: 0, behaviour: 1, context: 2 }
    members.sort((a, b) => order[a.rule.class] - order[b.rule.class] || b.rule.weight - a.rule.weight)
    for (const { rule, observation } of members) {
      const most = rule.class === 'context' ? Math.min(room, context) : room
      const points = Math.min(most, Math.max(0, rule.weight))
      if (rule.class === 'context') context -= points
      room -= points
      if (points > 0) standing.set(family, standing.get(family) === true || rule.class === 'proof')
      contributions.push({
        rule: rule.id,
        category,
        family,
        class: rule.class,
        weight: rule.weight,
        points,
        words: wordsOf(rule, observation),
        ...(observation.excerpt === undefined ? {} : { excerpt: observation.excerpt }),
      })
    }
  }
  const points = contributions.reduce((total, contribution) => total + contribution.points, 0)
  const proofs = [...standing.keys()].filter((family) => standing.get(family) === true)
  // A context of memory size is no second witness: only a list's name may corroborate without being proof.
  const witnesses = [...standing.keys()].filter(
    (family) => CORROBORATING.has(family) && (standing.get(family) === true || family === 'watchlist'),
  )
  const proven = proofs.some((family) => SELF_PROVING.has(family) || witnesses.some((other) => other !== family))
  const verdict: Verdict =
    points >= ENOUGH ? (proven ? 'stop' : 'throttle') : points >= SUSPECT ? 'suspect' : points > 0 ? 'observe' : 'none'
  contributions.sort((a, b) => b.points - a.points || (a.rule < b.rule ? -1 : 1))
  return { category, points, verdict, contributions }
}

const heavier = (a: Weighed, b: Weighed): boolean =>
  RANK[a.verdict] > RANK[b.verdict] || (a.verdict === b.verdict && a.points > b.points)

const strongest = (hits: readonly Hit[]): Weighed => {
  let found = NOTHING
  for (const [category, members] of Map.groupBy(hits, ({ rule }) => rule.category)) {
    const weighed = weigh(category, members)
    if (heavier(weighed, found)) found = weighed
  }
  return found
}

/** What policy leaves of a verdict. A dispute and a game server's policy may throttle; hold fire and protection do nothing. */
const afterPolicy = (
  { policy }: RuleBundle,
  weighed: Weighed,
  { account, app, nowMs }: ScoreContext,
): Pick<Score, 'action' | 'heldBy'> => {
  const { verdict } = weighed
  if (RANK[verdict] < RANK.throttle) return { action: verdict, heldBy: null }
  if (policy.holdFire) return { action: 'suspect', heldBy: 'hold_fire' }
  const isProtected =
    account !== null &&
    (policy.protected.accounts.includes(account) || policy.protected.apps.includes(`${account}/${app ?? ''}`))
  if (isProtected) return { action: 'suspect', heldBy: 'protected' }
  if (weighed.category === 'game_server' && policy.gameServers !== 'forbidden') {
    return { action: policy.gameServers === 'throttled' ? 'throttle' : 'observe', heldBy: 'policy' }
  }
  const disputed =
    account !== null &&
    policy.disputes.some((watch) => watch.account === account && watch.app === app && watch.untilMs > nowMs)
  if (disputed && verdict === 'stop') return { action: 'throttle', heldBy: 'dispute' }
  return { action: verdict, heldBy: null }
}

/**
 * Judges what was seen of one container. Additive within a category and a program; a stop needs 100 points, a proof and
 * a second family, and what adds is kept as contributions. Rules in dry-run count only in `wouldHave`. Pure.
 */
export const score = (bundle: RuleBundle, observations: readonly Observation[], context: ScoreContext): Score => {
  const dryRun = new Set(bundle.policy.dryRun)
  const exempt = new Set(
    bundle.policy.exemptions
      .filter(({ account, untilMs }) => account === context.account && untilMs > context.nowMs)
      .map(({ rule, exeSha256 }) => `${rule}\n${exeSha256}`),
  )
  const hits: (Hit & { subject: string | null })[] = []
  for (const rule of bundle.rules) {
    for (const observation of observations) {
      if (observation.signal !== rule.signal || !holds(rule, observation, bundle.lists)) continue
      if (observation.exeSha256 !== undefined && exempt.has(`${rule.id}\n${observation.exeSha256}`)) continue
      hits.push({ rule, observation, subject: observation.subject ?? null })
    }
  }
  const subjects = new Set(hits.map(({ subject }) => subject))
  if (subjects.size > 1) subjects.delete(null)
  let found: Score = { ...NOTHING, subject: null, action: 'none', heldBy: null, wouldHave: NOTHING }
  for (const subject of subjects) {
    const its = hits.filter((hit) => hit.subject === null || hit.subject === subject)
    const wouldHave = strongest(its)
    const weighed = strongest(its.filter(({ rule }) => !dryRun.has(rule.id)))
    const one = { ...weighed, subject, ...afterPolicy(bundle, weighed, context), wouldHave }
    if (heavier(one, found) || (!heavier(found, one) && heavier(wouldHave, found.wouldHave))) found = one
  }
  return found
}
