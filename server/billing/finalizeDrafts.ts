import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { log } from '../log.ts'
import { stillMetering } from '../usage/meteredPast.ts'
import type { Driver, InvoiceRef } from './collector.ts'
import { handOver } from './draftInvoice.ts'
import { finalizeAll } from './finalizeInvoice.ts'

const MOST_AT_ONCE = 200
/** Batches at a time: while the database writes one, the next is computed. */
const LANES = 2

type Waiting = InvoiceRef & { driver: Driver; from: Date; until: Date; finalizeAfter: Date; isComputed: boolean }

/**
 * Job `billing.finalize_drafts`: finalizes every draft of a period whose hosts have reported past its end, or that waited a
 * day; those that Stripe collects are computed and handed over to it. Harmless to run twice at once.
 */
export const finalizeDrafts = async (ctx: Context): Promise<{ finalized: number }> => {
  let finalized = 0
  let after: Waiting | undefined
  for (;;) {
    const waiting = await waitingDrafts(ctx.sql, after)
    if (waiting.length === 0) return { finalized }
    after = waiting.at(-1)
    const patient = waiting.filter((draft) => draft.finalizeAfter > ctx.now)
    const incomplete = await stillMetering(ctx.sql, patient)
    const ready = waiting.filter((draft) => draft.finalizeAfter <= ctx.now || !incomplete.has(draft.accountId))
    const own = ready.filter((draft) => draft.driver === 'manual')
    const lanes = Array.from({ length: LANES }, (_, i) =>
      own.filter((draft) => Number(draft.accountId % BigInt(LANES)) === i),
    )
    const counts = await Promise.all(lanes.map((lane) => finalizeReady(ctx, lane)))
    finalized += counts.reduce((sum, count) => sum + count, 0)
    for (const draft of ready.filter((one) => one.driver === 'stripe' && !one.isComputed))
      await alone(draft, () => ctx.sql.begin((tx) => handOver(tx, ctx, draft)))
  }
}

const waitingDrafts = async (sql: Sql, after: Waiting | undefined): Promise<Waiting[]> =>
  await sql<Waiting[]>`
    select account_id, id as invoice_id, driver, period_start as "from", period_end as until, finalize_after,
      as_of is not null as is_computed
    from invoice
    where state = 'draft' and finalize_after is not null
      and (${after === undefined} or (finalize_after, account_id, id) >
        (${after?.finalizeAfter ?? null}::timestamptz, ${after?.accountId ?? null}::bigint, ${after?.invoiceId ?? null}::bigint))
    order by finalize_after, account_id, id limit ${LANES * MOST_AT_ONCE}`

const finalizeReady = async (ctx: Context, ready: readonly InvoiceRef[]): Promise<number> => {
  if (ready.length === 0) return 0
  try {
    return await finalizeInTurns(ctx, ready)
  } catch (error) {
    log.warn({ err: error, drafts: ready.length }, 'a batch of drafts failed; each is tried alone')
    let count = 0
    for (const draft of ready) count += (await alone(draft, () => finalizeInTurns(ctx, [draft]))) ?? 0
    return count
  }
}

/** An account's second draft needs the first one's effects, so it waits for the next turn. */
const finalizeInTurns = async (ctx: Context, ready: readonly InvoiceRef[]): Promise<number> => {
  let count = 0
  let left = [...ready]
  while (left.length > 0) {
    const turn = firstOfEach(left)
    count += (await ctx.sql.begin((tx) => finalizeAll(tx, ctx, turn))).length
    left = left.filter((draft) => !turn.includes(draft))
  }
  return count
}

const firstOfEach = (drafts: readonly InvoiceRef[]): InvoiceRef[] => {
  const first = new Map<bigint, InvoiceRef>()
  for (const draft of drafts) if (!first.has(draft.accountId)) first.set(draft.accountId, draft)
  return [...first.values()]
}

/** One that fails must not keep the others from being billed; it is tried again the next time. */
const alone = async <T>(draft: InvoiceRef, work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work()
  } catch (error) {
    const { accountId, invoiceId } = draft
    log.error({ err: error, accountId: String(accountId), invoiceId: String(invoiceId) }, 'a draft cannot be finalized')
    return undefined
  }
}
