import type { Sql } from '#db/client.ts'
import { holdsOn, liftHold } from '../accounts/hold.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { resolveNotice } from '../notices/notify.ts'
import { announceInvoice } from './announceInvoice.ts'
import { announceSubscription } from './announceSubscription.ts'
import type { InvoiceRef } from './collector.ts'
import { RELEASED, REOPENED, roundOf, stepName } from './dunning.ts'

type Step = { invoiceId: bigint; step: string; at: Date; holdId: string | null; state: string; isOpen: boolean }

/** Whether collection still stands on an invoice `i`: it is open, or written off without the hold being lifted. */
const stands = (sql: Sql) => sql`(i.state = 'finalized' or (i.state = 'uncollectible' and not exists (
  select from dunning_step r where r.account_id = i.account_id and r.invoice_id = i.id and r.step = ${RELEASED} || (
    select case count(*) when 0 then '' else ':' || count(*) end from dunning_step o
    where o.account_id = i.account_id and o.invoice_id = i.id and o.step like ${`${REOPENED}:%`}))))`

/**
 * Job `billing.settled`: after an invoice was paid, voided, credited or released, the account is no longer past due once none
 * of its invoices is, and holds that collection had placed are lifted once none of those they stand for is open. Nothing else is.
 */
export const settle = async (ctx: Context, { accountId, invoiceId }: InvoiceRef): Promise<void> => {
  const steps = await ctx.sql<Step[]>`
    select d.invoice_id, d.step, d.at, d.detail ->> 'holdId' as hold_id, i.state, ${stands(ctx.sql)} as is_open
    from dunning_step d join invoice i on i.account_id = d.account_id and i.id = d.invoice_id
    where d.account_id = ${accountId} order by d.at`
  await notPastDue(ctx, accountId)
  await announceInvoice(ctx, { accountId, invoiceId }, 'invoice.paid')
  const mine = steps.filter((step) => step.invoiceId === invoiceId)
  if (mine.length === 0 || mine[0]!.isOpen) return
  for (const { step } of mine) await resolveNotice(ctx.sql, ctx, `dunning:${accountId}:${invoiceId}:${step}`)
  const needed = new Set(steps.filter((step) => step.isOpen).map((step) => step.holdId))
  const lifted = new Set(steps.map((step) => step.holdId).filter((id) => id !== null && !needed.has(id)))
  const note = mine[0]!.state === 'uncollectible' ? 'What was open was written off' : 'What was open is paid'
  for (const hold of await holdsOn(ctx.sql, accountId))
    if (lifted.has(String(hold.id))) await lift(ctx, accountId, String(hold.id), note)
  if (mine.some((step) => step.holdId !== null))
    await restored(ctx, { accountId, invoiceId }, stepName('restored', roundOf(mine)))
}

const notPastDue = async (ctx: Context, accountId: bigint) => {
  await ctx.sql.begin(async (tx) => {
    const [row] =
      await tx`update subscription set state = 'active' where account_id = ${accountId} and state = 'past_due'
      and not exists (select from invoice i where i.account_id = ${accountId} and i.due_at <= ${ctx.now}
        and ${stands(tx)}) returning id`
    if (row) await announceSubscription(tx, ctx, accountId, 'paid_up')
  })
}

const lift = async (ctx: Context, accountId: bigint, holdId: string, note: string) => {
  const [account] = await ctx.sql<{ id: bigint; name: string }[]>`select id, name from account where id = ${accountId}`
  if (!account) return
  try {
    await liftHold(ctx, account, { holdId, note })
  } catch (error) {
    // Somebody lifted it meanwhile.
    if (!(error instanceof DomainError) || error.code !== 'CONFLICT') throw error
  }
}

const restored = async (ctx: Context, { accountId, invoiceId }: InvoiceRef, step: string) => {
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx`insert into dunning_step (account_id, invoice_id, step, at)
      values (${accountId}, ${invoiceId}, ${step}, ${ctx.now}) on conflict do nothing returning step`
    if (row)
      await audit(tx, ctx, {
        action: 'billing.dunning.step',
        subject: { kind: 'invoice', id: invoiceId },
        accountId,
        after: { step },
      })
  })
}
