import type { Sql } from '#db/client.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { addJob } from '../../jobs.ts'
import { notify } from '../../notices/notify.ts'
import { installationOf, needStripe } from './client.ts'
import { isPassing, wordsOf } from './errors.ts'
import { foundBefore, send, type Done, type Kind } from './senders.ts'

/** A call that changes something at Stripe. `key` states the fact: made twice it is the same call. */
export type NewCall = { accountId: bigint; kind: Kind; key: string; payload: object }

type Row = {
  id: bigint
  accountId: bigint
  kind: Kind
  key: string
  payload: object
  state: 'pending' | 'done' | 'failed'
  result: Done | null
  lastError: string | null
  createdAt: Date
  finishedAt: Date | null
  attempts: number
}

/** Stripe forgets an idempotency key after a day. */
const KEY_KEPT_MS = 23 * 3_600_000
/** What Stripe refused is asked again after so long, where it is still wanted. */
const ASK_AGAIN_MS = 3_600_000

/**
 * Writes a call into the outbox, to be made by a job, in the caller's transaction. Its payload is kept as it is now, so that
 * a repeat sends the same bytes under the same key.
 */
export const queueCall = async (tx: Sql, ctx: Context, call: NewCall): Promise<void> => {
  const row = await written(tx, ctx, call)
  if (row.state === 'pending') {
    await addJob(tx, 'billing.stripe_call', { callId: String(row.id) }, { key: `stripe_call:${row.id}` })
  }
}

const written = async (sql: Sql, ctx: Context, call: NewCall): Promise<Row> => {
  await sql`insert into stripe_call (account_id, kind, key, payload, state, created_at)
    values (${call.accountId}, ${call.kind}, ${call.key}, ${JSON.stringify(call.payload)}::text::jsonb, 'pending', ${ctx.now})
    on conflict (key) do nothing`
  const [row] = await sql<Row[]>`select * from stripe_call where key = ${call.key}`
  return row!
}

/**
 * Makes a call now, or gives what it gave before. It is in the outbox before it is sent, so a crash between Stripe's doing
 * and our knowing is a repeat under the same key.
 * @throws StripeError where Stripe is away (try again); UNPROCESSABLE where it refused for good
 */
export const makeCall = async (ctx: Context, call: NewCall): Promise<Done> => {
  const row = await written(ctx.sql, ctx, call)
  const refusedFor = row.finishedAt ? ctx.now.getTime() - row.finishedAt.getTime() : 0
  if (row.state !== 'failed' || refusedFor < ASK_AGAIN_MS) return perform(ctx, row)
  // The reason may be gone, an address added: it is another call now, and this one stays as what was refused.
  await ctx.sql`update stripe_call set key = key || '#' || id where id = ${row.id} and state = 'failed'`
  return perform(ctx, await written(ctx.sql, ctx, call))
}

/** Job `billing.stripe_call`. */
export const makeQueued = async (ctx: Context, { callId }: { callId: string }): Promise<void> => {
  const [row] = await ctx.sql<Row[]>`select * from stripe_call where id = ${callId}`
  if (row?.state === 'pending') await perform(ctx, row)
}

const perform = async (ctx: Context, row: Row): Promise<Done> => {
  if (row.state === 'done') return row.result ?? {}
  if (row.state === 'failed')
    throw new DomainError('UNPROCESSABLE', `Stripe refused ${row.kind} before: ${row.lastError ?? ''}`)
  const stripe = needStripe(ctx.env)
  const installation = installationOf(ctx.env)
  const isOld = row.attempts > 0 && ctx.now.getTime() - row.createdAt.getTime() > KEY_KEPT_MS
  await ctx.sql`update stripe_call set attempts = attempts + 1 where id = ${row.id}`
  try {
    const before = isOld ? await foundBefore(stripe, row.kind, row.payload, row.key) : undefined
    const done =
      before ?? (await send(stripe, row.kind, row.payload, { key: await sentAs(ctx.sql, row), installation }))
    await ctx.sql`update stripe_call set state = 'done', result = ${JSON.stringify(done)}::text::jsonb, last_error = null,
      finished_at = ${ctx.now} where id = ${row.id}`
    return done
  } catch (error) {
    const passing = isPassing(error)
    await ctx.sql`update stripe_call set state = ${passing ? 'pending' : 'failed'}, last_error = ${wordsOf(error)},
      finished_at = ${passing ? null : ctx.now} where id = ${row.id} and state = 'pending'`
    if (passing) throw error
    await tellRefused(ctx, row, error)
    throw new DomainError('UNPROCESSABLE', `Stripe refused ${row.kind}: ${wordsOf(error)}`, { cause: error })
  }
}

/** Stripe gives what it refused again under the same key: each time it is asked anew has its own. */
const sentAs = async (sql: Sql, { key }: Row): Promise<string> => {
  const [row] = await sql<{ refused: number }[]>`select count(*)::int as refused from stripe_call
    where starts_with(key, ${`${key}#`})`
  return row?.refused ? `${key}#${row.refused}` : key
}

const tellRefused = async (ctx: Context, { id, kind, accountId }: Row, error: unknown): Promise<void> => {
  const [account] = await ctx.sql<{ name: string }[]>`select name from account where id = ${accountId}`
  await notify(ctx.sql, ctx, {
    audience: 'operators',
    severity: 'warning',
    kind: 'billing.stripe_refused',
    title: `Stripe refused ${kind} for ${account?.name ?? 'an account'}`,
    body: wordsOf(error),
    href: '/ops/billing/stripe',
    key: `stripe_call:${id}`,
  })
}

/** Tries a call again that Stripe refused, under a key of its own: an operator removed the reason. @throws NOT_FOUND */
export const reopenCall = async (tx: Sql, ctx: Context, callId: bigint): Promise<void> => {
  const [row] = await tx<{ id: bigint }[]>`update stripe_call set state = 'pending', finished_at = null,
      key = key || '#' || id, attempts = 0, created_at = ${ctx.now}
    where id = ${callId} and state = 'failed' returning id`
  if (!row) throw new DomainError('NOT_FOUND', 'no refused call of that number')
  await addJob(tx, 'billing.stripe_call', { callId: String(row.id) }, { key: `stripe_call:${row.id}` })
}
