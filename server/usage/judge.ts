import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { issue } from '../hosts/command.ts'
import { notify, resolveNotice } from '../notices/notify.ts'
import { amountsOf, targetsOf, type AccountPlan, type Amount } from './holding.ts'
import { accountPlans, egressOfMonth, holdings } from './present.ts'
import { judge, QUOTA_METERS, type QuotaAction, type Verdict } from './quota.ts'
import { crossingWords } from './quotaWords.ts'
import { activeQuotas, seedQuotas } from './quotas.ts'
import { open, record } from './violationLog.ts'

/** One judgement at a time: the second would tell and act once more. */
const LOCK = 7_244_991
/** A month's egress moves slowly and is dear to add up. */
const EGRESS_EVERY_MINUTES = 10
const THROTTLE_TO_PERCENT = 20
/** A run of fast growth that was not seen again for this long is over. */
const RUNAWAY_OVER_MS = 15 * 60_000

type Known = {
  id: bigint
  subject: string
  level: 'soft' | 'hard'
  used: bigint
  hardSince: Date | null
  actedAt: Date | null
}

/** The job `usage.judge_quotas`: holds everything against its limits; opens, escalates, acts on and resolves violations. */
export const judgeQuotas = async (ctx: Context): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [alone] = await tx<{ held: boolean }[]>`select pg_try_advisory_xact_lock(${LOCK}) as held`
    if (!alone?.held) return
    await seedQuotas(tx)
    const withEgress = ctx.now.getUTCMinutes() % EGRESS_EVERY_MINUTES === 0
    const meters = QUOTA_METERS.filter((meter) => withEgress || meter !== 'egress')
    const accounts = await accountPlans(tx)
    const given = {
      accounts,
      holdings: await holdings(tx),
      egress: withEgress ? await egressOfMonth(tx, ctx.now) : [],
    }
    const known = await tx<(Known & { meter: string })[]>`select id, subject, level, used, hard_since, acted_at, meter
      from violation where kind = 'quota' and state <> 'resolved'`
    const bySubject = new Map(known.map((v) => [v.subject, v]))
    const names = new Map(accounts.map((a) => [a.id, a]))
    const over = new Set<string>()
    for (const amount of amountsOf(given, await activeQuotas(tx), meters)) {
      const before = bySubject.get(amount.subject)
      const verdict = judge(amount.used, amount.quota, before ?? { hardSince: null, actedAt: null }, ctx.now)
      if (verdict.level === 'within') continue
      over.add(amount.subject)
      await follow(tx, ctx, amount, verdict, before, names.get(amount.accountId)!)
    }
    for (const v of known) {
      if (!over.has(v.subject) && (withEgress || v.meter !== 'egress'))
        await resolve(tx, ctx, v.id, 'within its limit again')
    }
    const quiet = await tx<{ id: bigint }[]>`select id from violation where kind = 'runaway_log' and state <> 'resolved'
      and last_seen_at < ${new Date(ctx.now.getTime() - RUNAWAY_OVER_MS)}`
    for (const { id } of quiet) await resolve(tx, ctx, id, 'the log grows no faster than usual')
  })

const follow = async (
  tx: Tx,
  ctx: Context,
  amount: Amount,
  verdict: Verdict,
  before: Known | undefined,
  account: AccountPlan,
): Promise<void> => {
  const { level } = verdict
  if (level === 'within') return
  const crossed = { ...amount, level, limit: verdict.limit, hardSince: verdict.hardSince }
  const id = before?.id ?? (await openFor(tx, ctx, crossed)).id
  if (before) {
    await tx`update violation set last_seen_at = ${ctx.now}, used = ${amount.used}, level = ${level},
      limit_value = ${verdict.limit}, hard_since = ${verdict.hardSince}, quota_id = ${amount.quota.id},
      acted_at = ${level === 'hard' ? before.actedAt : null}
      where id = ${id} and (used, level, hard_since) is distinct from (${amount.used}::bigint, ${level}::text, ${verdict.hardSince}::timestamptz)`
    if (before.level !== level) {
      await record(tx, ctx, id, level === 'hard' ? 'escalated' : 'eased', { used: amount.used, limit: verdict.limit })
    }
  }
  if (before?.level !== level) await tell(tx, ctx, id, amount, verdict, account)
  if (verdict.act) await act(tx, ctx, id, amount, verdict.act)
}

const openFor = (
  tx: Tx,
  ctx: Context,
  a: Amount & { level: 'soft' | 'hard'; limit: bigint | null; hardSince: Date | null },
) =>
  open(tx, ctx, {
    subject: a.subject,
    kind: 'quota',
    accountId: a.accountId,
    app: a.app,
    hostId: a.container?.hostId ?? null,
    epoch: a.container?.epoch ?? null,
    quotaId: a.quota.id,
    meter: a.meter,
    level: a.level,
    used: a.used,
    limit: a.limit,
    hardSince: a.hardSince,
  })

/** Where the owner can do something about it. */
export const ownerHref = (account: string, app: string | null) =>
  app === null ? `/${account}` : `/${account}/apps/${encodeURIComponent(app)}`

const tell = async (tx: Tx, ctx: Context, id: bigint, amount: Amount, verdict: Verdict, account: AccountPlan) => {
  if (verdict.level === 'within') return
  const { quota, meter, used, app, container } = amount
  const subject = container?.name ?? (app === null ? account.name : `${account.name}/${app}`)
  const words = crossingWords({ ...quota, meter, subject, used, level: verdict.level, actsAt: verdict.actsAt })
  // One notice a violation and level: repeats within a day are counted, not told.
  const noticeId = await notify(tx, ctx, {
    audience: 'account',
    accountId: amount.accountId,
    severity: verdict.level === 'hard' && quota.action !== 'notice' ? 'critical' : 'warning',
    kind: `quota.${verdict.level}`,
    ...words,
    href: ownerHref(account.name, app),
    key: noticeKey(id, verdict.level),
  })
  if (noticeId !== undefined)
    await record(tx, ctx, id, 'told', { who: `members of ${account.name}`, noticeId, title: words.title })
}

const noticeKey = (id: bigint, level: string) => `violation:${id}:${level}`

const act = async (tx: Tx, ctx: Context, id: bigint, amount: Amount, action: Exclude<QuotaAction, 'notice'>) => {
  for (const target of targetsOf(amount)) {
    const about = { action, container: target.name, containerId: target.containerId, hostId: target.hostId }
    try {
      const command = await issue(tx, ctx, {
        hostId: target.hostId,
        epoch: target.epoch!,
        containerId: target.containerId,
        kind: action,
        args: action === 'throttle' ? { cpuPercent: THROTTLE_TO_PERCENT } : {},
        reason: `${amount.meter} over the hard limit (violation ${id})`,
        key: `violation:${id}:${action}:${target.hostId}:${target.epoch}:${ctx.now.toISOString()}`,
      })
      await record(tx, ctx, id, 'acted', { ...about, commandId: command.id, used: amount.used })
    } catch (error) {
      // A protected app or a revoked host: the history says so and the operators see it.
      if (!(error instanceof DomainError)) throw error
      await record(tx, ctx, id, 'refused', { ...about, why: error.message })
    }
  }
  await tx`update violation set acted_at = ${ctx.now} where id = ${id}`
}

/** Ends a violation and its notices. The one who resolves it stands in its history. */
export const resolve = async (tx: Tx, ctx: Context, id: bigint, why: string): Promise<boolean> => {
  const [row] = await tx`update violation set state = 'resolved', resolved_at = ${ctx.now}
    where id = ${id} and state <> 'resolved' returning id`
  if (!row) return false
  await record(tx, ctx, id, 'resolved', { why })
  for (const to of ['soft', 'hard', 'operators']) await resolveNotice(tx, ctx, noticeKey(id, to))
  return true
}
