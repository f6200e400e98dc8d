import type { Tx } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { addJob } from '../../jobs.ts'
import type { Reach } from '../addDeliveries.ts'
import type { PostedUpdate } from '../postUpdate.ts'
import { customerMail } from './customerMail.ts'
import { answerFor, concerned, toldCustomers, type Customer } from './customerSql.ts'

/** How customers' mails are named among the channels that an update may leave out. */
export const CUSTOMERS = 'customers'

/**
 * One delivery a person who answers for an account that the update concerns, with its text frozen: which apps of theirs are
 * on the hosts concerned is what it was when this was posted. Who was told of the incident before is told what follows.
 */
export const addToCustomers = async (tx: Tx, ctx: Context, update: PostedUpdate, reach: Reach): Promise<void> => {
  const customers = await whom(tx, ctx, update, reach)
  if (customers.length === 0) return
  const { skipped, overrides, sendAfter } = reach
  const why = update.isDrill
    ? 'a drill is told to nobody'
    : skipped.includes(CUSTOMERS)
      ? 'left out by whoever posted'
      : ctx.env.SMTP_URL === undefined
        ? 'no mail server is set (SMTP_URL)'
        : null
  const view = { ...update, text: overrides[CUSTOMERS]?.trim() || update.text }
  const rows = customers.map(({ userId, email, accounts }) => ({
    recipient: email,
    target: `customer:${userId}`,
    key: `${update.incident}-u${update.number}-customer-${userId}`.toLowerCase(),
    body: JSON.stringify({
      ...customerMail(view, accounts, ctx.env.publicUrl),
      accounts: accounts.map(({ accountId }) => String(accountId)),
    }),
  }))
  await tx`insert into delivery (update_id, incident_id, recipient, target, action, body, key, state, next_at, last_error,
      created_at)
    select ${update.updateId}, ${update.incidentId}, r.recipient, r.target, 'post', r.body::jsonb, r.key,
      ${why === null ? 'pending' : 'skipped'}, ${why === null ? sendAfter : null}::timestamptz, ${why}::text, ${ctx.now}
    from json_to_recordset(${JSON.stringify(rows)}::text::json) as r (recipient text, target text, key text, body text)`
  await addJob(tx, 'incidents.tell_subscribers', {}, { runAt: sendAfter })
}

/** Those whom it concerns where it is for them, and who heard of it before and still answers for that account. */
const whom = async (tx: Tx, ctx: Context, update: PostedUpdate, { audience }: Reach): Promise<Customer[]> => {
  const isForThem = audience === 'affected'
  const before = await toldCustomers(tx, update.incidentId)
  if (!isForThem && before.pairs.size === 0) return []
  const hit = await concerned(tx, update.incidentId, update.state, ctx.now)
  const hitIds = new Set(hit.map(({ accountId }) => accountId))
  const all = [...hit, ...before.accounts.filter(({ accountId }) => !hitIds.has(accountId))]
  return (await answerFor(tx, all)).flatMap((customer) => {
    const accounts = customer.accounts.filter(
      ({ accountId }) => (isForThem && hitIds.has(accountId)) || before.pairs.has(`${customer.userId}/${accountId}`),
    )
    return accounts.length > 0 ? [{ ...customer, accounts }] : []
  })
}
