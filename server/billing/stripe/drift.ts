import type { Sql } from '#db/client.ts'
import { Gauge } from 'prom-client'
import type { Context } from '../../context.ts'
import { registry } from '../../metrics.ts'
import { notify, resolveNotice } from '../../notices/notify.ts'

/** Where Stripe and we say different things. */
export type DriftKind =
  /** An invoice's total before tax, compared before it is finalized. */
  | 'invoice_total'
  /** An invoice's state, or what is paid of it. */
  | 'invoice_state'
  | 'payment'
  /** Only on one side. */
  | 'invoice_missing_here'
  | 'invoice_missing_there'
  | 'subscription_missing_here'
  | 'subscription_missing_there'
  /** Its items, end or state. */
  | 'subscription'
  | 'credit_note_missing_here'
export type Drift = { accountId: bigint | null; kind: DriftKind | string; objectId: string }

const HREF = '/ops/billing/stripe'
const keyOf = ({ kind, objectId }: Drift, foundAt: Date) => `stripe_drift:${kind}:${objectId}:${foundAt.toISOString()}`

/** Notes that a thing differs; operators are told when it is new. */
export const foundDrift = async (
  ctx: Context,
  drift: Drift & { ours: string | null; theirs: string | null },
): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ foundAt: Date; isNew: boolean }[]>`
      insert into stripe_drift (account_id, kind, object_id, ours, theirs, found_at, last_seen_at)
      values (${drift.accountId}, ${drift.kind}, ${drift.objectId}, ${drift.ours}, ${drift.theirs}, ${ctx.now}, ${ctx.now})
      on conflict (kind, object_id) where resolved_at is null
      do update set last_seen_at = excluded.last_seen_at, ours = excluded.ours, theirs = excluded.theirs
      returning found_at, found_at = last_seen_at as is_new`
    if (!row?.isNew) return
    await notify(tx, ctx, {
      audience: 'operators',
      severity: drift.kind === 'invoice_total' ? 'critical' : 'warning',
      kind: 'billing.stripe_drift',
      title: `${drift.objectId}: Stripe and Wharfinger differ (${drift.kind.replaceAll('_', ' ')})`,
      body: `Ours: ${drift.ours ?? 'nothing'}. Stripe's: ${drift.theirs ?? 'nothing'}.${
        drift.kind === 'invoice_total' ? ' The invoice is not finalized until both agree.' : ''
      }`,
      href: HREF,
      key: keyOf(drift, row.foundAt),
    })
  })
}

/** Notes that a thing no longer differs. */
export const goneDrift = async (ctx: Context, drift: Drift): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ foundAt: Date }[]>`update stripe_drift set resolved_at = ${ctx.now}
      where kind = ${drift.kind} and object_id = ${drift.objectId} and resolved_at is null returning found_at`
    if (row) await resolveNotice(tx, ctx, keyOf(drift, row.foundAt))
  })
}

/** Counts from the store at each scrape: every process says the same. While it is away they stay as they were. */
export const watchDrift = (sql: Sql): void => {
  const name = 'wharf_stripe_drift'
  registry.removeSingleMetric(name)
  const gauge = new Gauge({
    name,
    help: 'Things that Stripe and Wharfinger say differently, by kind.',
    labelNames: ['kind'],
    registers: [registry],
    async collect() {
      const rows = await sql<{ kind: string; count: number }[]>`
        select kind, count(*) filter (where resolved_at is null)::int as count from stripe_drift group by kind`.catch(
        () => undefined,
      )
      if (!rows) return
      gauge.reset()
      for (const { kind, count } of rows) gauge.set({ kind }, count)
    },
  })
  const callsName = 'wharf_stripe_outstanding'
  registry.removeSingleMetric(callsName)
  const outstanding = new Gauge({
    name: callsName,
    help: 'Calls to Stripe not made yet or refused, and webhooks not acted on.',
    labelNames: ['what'],
    registers: [registry],
    async collect() {
      const [row] = await sql<{ calls: number; refused: number; events: number }[]>`
        select (select count(*)::int from stripe_call where state = 'pending') as calls,
          (select count(*)::int from stripe_call where state = 'failed') as refused,
          (select count(*)::int from stripe_event where processed_at is null) as events`.catch(() => [])
      for (const [what, count] of Object.entries(row ?? {})) outstanding.set({ what }, count)
    },
  })
}
