import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { issue } from '../hosts/command.ts'
import type { JobPayload } from '../jobs.ts'
import { notify } from '../notices/notify.ts'
import { FOREVER_HOUR } from '../time.ts'
import { ownerHref } from './judge.ts'
import { quotaFor } from './quota.ts'
import { amount } from './quotaWords.ts'
import { activeQuotas } from './quotas.ts'
import { open, record } from './violationLog.ts'

type Growth = { bytes: number; grownBytes: number; bytesPerS: number; freeBytes: number; fullInS: number }
type Found = {
  detail: Partial<Growth>
  containerId: string
  /** The running life of the log's container; null where it has ended. */
  epoch: bigint | null
  name: string
  host: string
  clusterKind: 'free' | 'paid' | 'internal'
  accountId: bigint | null
  account: string | null
  plan: string | null
  app: string
  foundAt: Date
}

const MIB = 1_048_576
const DECLARED_WITHIN_MS = 3_600_000
/** First key of the lock under which one host's findings are followed, one after the other. */
const HOST_LOCK = 724_500

/**
 * The job `usage.runaway_log`: opens (or repeats) the violation of the finding, tells owner and operators, and truncates
 * the log where the owner's log quota or a free cluster allows it. Evidence before is in its history; after, in the
 * command's result. Repeating the job changes nothing: everything follows from the finding's id.
 */
export const runawayLog = async (ctx: Context, { hostId, findingId }: JobPayload<'usage.runaway_log'>): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(${HOST_LOCK}, ${hostId})`
    const found = await findingOf(tx, hostId, findingId)
    if (!found) return requireTime(tx, ctx, hostId, findingId)
    const [done] = await tx`select 1 from violation_event where kind in ('opened', 'repeated', 'escalated')
      and detail ->> 'findingId' = ${findingId}
      and violation_id in (select id from violation where subject = ${subjectOf(hostId, found)})`
    if (done) return
    const { id, repeated } = await openOrCount(tx, ctx, hostId, findingId, found)
    if (!repeated) await tell(tx, ctx, id, found)
    const allowed = await mayTruncate(tx, found)
    if (!allowed)
      await record(tx, ctx, id, 'refused', { action: 'truncate_log', why: 'neither quota nor cluster allows it' })
    else if (found.epoch === null)
      await record(tx, ctx, id, 'refused', { action: 'truncate_log', why: 'its container has ended' })
    else await truncate(tx, ctx, id, hostId, findingId, found, Number(found.epoch))
  })

/** A finding may overtake the report that declares its epoch: the job then comes again, for an hour. */
const requireTime = async (tx: Tx, ctx: Context, hostId: number, findingId: string) => {
  const since = new Date(ctx.now.getTime() - DECLARED_WITHIN_MS)
  const [early] = await tx`select 1 from finding
    where host_id = ${hostId} and id = ${findingId} and received_at > ${since}`
  if (early) throw new Error(`the epoch of finding ${findingId} of host ${hostId} is not declared yet`)
}

const subjectOf = (hostId: number, found: Found) => `runaway_log:${hostId}:${found.containerId}`

const findingOf = async (tx: Tx, hostId: number, findingId: string): Promise<Found | undefined> => {
  const [row] = await tx<Found[]>`
    select f.detail, f.found_at, coalesce(e.container_id, e.object_id) as container_id, life.epoch,
      coalesce(life.name, e.name) as name, h.name as host, c.kind as cluster_kind, t.account_id, a.name as account, a.plan,
      coalesce(t.app, e.name) as app
    from finding f
    join epoch e on e.host_id = f.host_id and e.epoch = f.epoch
    join host h on h.id = f.host_id
    join cluster c on c.id = h.cluster_id
    left join lateral (
      select k.epoch, k.name from epoch k where k.host_id = e.host_id and k.kind = 'container' and k.ended_at is null
        and k.container_id = coalesce(e.container_id, e.object_id) order by k.opened_at desc limit 1
    ) life on true
    left join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
    left join account a on a.id = t.account_id
    where f.host_id = ${hostId} and f.id = ${findingId} and f.kind = 'log_growth'`
  return row
}

const mib = (bytes: number | undefined) => BigInt(Math.floor((bytes ?? 0) / MIB))

const openOrCount = async (tx: Tx, ctx: Context, hostId: number, findingId: string, found: Found) => {
  const used = mib(found.detail.bytes)
  const evidence = { findingId, before: found.detail, foundAt: found.foundAt }
  const [known] = await tx<{ id: bigint }[]>`
    update violation set occurrences = occurrences + 1, last_seen_at = ${ctx.now}, used = ${used}, epoch = ${found.epoch}
    where subject = ${subjectOf(hostId, found)} and state <> 'resolved' returning id`
  if (known) {
    await record(tx, ctx, known.id, 'repeated', evidence)
    return { id: known.id, repeated: true }
  }
  const opened = await open(tx, ctx, {
    subject: subjectOf(hostId, found),
    kind: 'runaway_log',
    accountId: found.accountId,
    app: found.accountId === null ? null : found.app,
    hostId,
    epoch: found.epoch === null ? null : Number(found.epoch),
    quotaId: null,
    meter: 'logs',
    level: 'hard',
    used,
    limit: null,
    hardSince: ctx.now,
  })
  await record(tx, ctx, opened.id, 'escalated', evidence)
  return opened
}

const tell = async (tx: Tx, ctx: Context, id: bigint, found: Found) => {
  const { bytes = 0, bytesPerS = 0, fullInS } = found.detail
  const title = `The log of ${found.name} grows by ${(bytesPerS / 1e6).toFixed(1)} MB/s`
  const disk =
    fullInS === undefined
      ? ''
      : ` At this rate the host's disk is full in ${Math.max(1, Math.round(fullInS / 60))} min.`
  const body = `It is ${amount('logs', mib(bytes))} now.${disk} Find out what it writes, log less, and let the engine rotate the log (log options max-size and max-file).`
  const common = { severity: 'critical' as const, kind: 'usage.runaway_log', title }
  if (found.accountId !== null && found.account !== null) {
    const href = ownerHref(found.account, found.app)
    const key = `violation:${id}:hard`
    const noticeId = await notify(tx, ctx, {
      ...common,
      body,
      audience: 'account',
      accountId: found.accountId,
      href,
      key,
    })
    if (noticeId !== undefined)
      await record(tx, ctx, id, 'told', { who: `members of ${found.account}`, noticeId, title })
  }
  const noticeId = await notify(tx, ctx, {
    ...common,
    audience: 'operators',
    title: `${title} on ${found.host}`,
    body,
    href: `/ops/quotas/${id}`,
    key: `violation:${id}:operators`,
  })
  if (noticeId !== undefined) await record(tx, ctx, id, 'told', { who: 'operators', noticeId, title })
}

const mayTruncate = async (tx: Tx, found: Found): Promise<boolean> => {
  if (found.clusterKind === 'free') return true
  if (found.accountId === null || found.plan === null) return false
  const owner = { accountId: found.accountId, plan: found.plan, app: found.app }
  const quotas = await activeQuotas(tx)
  return (['container', 'app', 'account'] as const).some(
    (scope) => quotaFor(quotas, owner, scope, 'logs')?.action === 'truncate_log',
  )
}

const truncate = async (
  tx: Tx,
  ctx: Context,
  id: bigint,
  hostId: number,
  findingId: string,
  found: Found,
  epoch: number,
) => {
  const about = { action: 'truncate_log', container: found.name, containerId: found.containerId, hostId }
  try {
    const command = await issue(tx, ctx, {
      hostId,
      epoch,
      containerId: found.containerId,
      kind: 'truncate_log',
      reason: `its log runs away (violation ${id})`,
      key: `finding:${hostId}:${findingId}:truncate_log`,
    })
    await record(tx, ctx, id, 'acted', { ...about, commandId: command.id, before: found.detail })
    await tx`update violation set acted_at = ${ctx.now} where id = ${id}`
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    await record(tx, ctx, id, 'refused', { ...about, why: error.message })
  }
}
