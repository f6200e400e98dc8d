import type { Sql, Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { announce } from '../live.ts'
import type { Account, ChannelAdapter, Outcome, Receipt, Send } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import { openChannelSecret } from './channelSecret.ts'
import { firstPost, postOf, supersede, take, type Taken } from './deliverySql.ts'
import { recordOutcome } from './recordOutcome.ts'
import { publishOwn } from './publishOwn.ts'

type Opened = { adapter: ChannelAdapter; account: Account<unknown, unknown> }

/**
 * Sends what is next for one target: taken and committed as `sending` before the request goes out, recorded after. True
 * where something was taken.
 */
export const deliverOne = async (ctx: Context, target: string): Promise<boolean> => {
  if (target === 'banner' || target === 'status') return await publishOwn(ctx, target)
  const found = await ctx.sql.begin((tx) => takeNext(tx, ctx, target))
  if (!found) return false
  const began = performance.now()
  const outcome = await attempt(ctx, found.taken, found.opened)
  const tookMs = Math.round(performance.now() - began)
  const { now } = ctx
  const at = new Date(now.getTime() + tookMs)
  await ctx.sql.begin(async (tx) => {
    await recordOutcome(tx, { ...ctx, now: at }, found.taken, outcome, {
      tookMs,
      canAsk: found.opened !== undefined && (found.opened.adapter.lookUp !== undefined || isRepeatable(found)),
    })
    await announce(tx, `incident:${found.taken.incidentId}`)
  })
  return true
}

/** Sent again it does no harm: the channel tells repeats, or an edit or a deletion says the same thing twice. */
const isRepeatable = ({ taken, opened }: { taken: Taken; opened: Opened | undefined }) =>
  opened?.adapter.idempotent === true || taken.action !== 'post'

const takeNext = async (tx: Tx, ctx: Context, target: string) => {
  const id = target.slice('channel:'.length)
  // Whoever holds the channel's row sends; so an account's pace holds across processes.
  const [channel] = await tx<
    { kind: string; settings: unknown; sealedSecret: string | null; isOff: boolean; isWaiting: boolean }[]
  >`select kind, settings, sealed_secret, removed_at is not null or not enabled as is_off,
      coalesce(wait_until > ${ctx.now}, false) as is_waiting
    from channel where id = ${id} for update skip locked`
  if (!channel || channel.isWaiting) return undefined
  if (channel.isOff) {
    await tx`update delivery set state = 'skipped', next_at = null, last_error = 'the channel was turned off'
      where target = ${target} and state in ('pending', 'retryable') and next_at <= ${ctx.now}`
    return undefined
  }
  await supersede(tx, target, ctx.now)
  const taken = await take(tx, target, ctx.now)
  if (!taken) return undefined
  const opened = open(ctx, channel)
  const paceMs = opened?.adapter.paceMs ?? 0
  if (paceMs > 0) await tx`update channel set wait_until = ${new Date(ctx.now.getTime() + paceMs)} where id = ${id}`
  return { taken, opened }
}

const open = (
  { env }: Context,
  { kind, settings, sealedSecret }: { kind: string; settings: unknown; sealedSecret: string | null },
): Opened | undefined => {
  const adapter = adapterOf(kind)
  if (!adapter) return undefined
  try {
    const kept = sealedSecret === null ? {} : openChannelSecret(env.secret, sealedSecret)
    const read = { settings: adapter.settings.parse(settings), secret: adapter.secret.parse(kept) }
    return { adapter, account: read }
  } catch {
    return undefined
  }
}

const attempt = async (ctx: Context, taken: Taken, opened: Opened | undefined): Promise<Outcome> => {
  if (!opened) return { kind: 'permanent', reason: 'the channel’s settings or secret cannot be read; enter them anew' }
  const { adapter, account } = opened
  const previous = await previousOf(ctx.sql, taken)
  if ('kind' in previous) return previous
  const send: Send = {
    action: previous.action,
    body: taken.body,
    key: taken.key,
    previous: previous.receipt,
    signal: AbortSignal.timeout(adapter.timeoutMs),
    now: ctx.now,
    allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
  }
  if (taken.was === 'unknown' && !(taken.action !== 'post')) {
    const landed = (await adapter.lookUp?.(account, send)) ?? 'cannot tell'
    if (typeof landed === 'object') return { kind: 'delivered', receipt: { ...landed, lookedUp: true } }
    if (landed === 'cannot tell' && !adapter.idempotent)
      return { kind: 'unknown', reason: 'whether it was posted could not be looked up' }
  }
  return await adapter.send(account, { ...send, signal: AbortSignal.timeout(adapter.timeoutMs) })
}

/** What the action is about, or how it ends without being sent. */
const previousOf = async (
  sql: Sql,
  taken: Taken,
): Promise<{ action: Taken['action']; receipt: Receipt | null } | Outcome> => {
  if (taken.action === 'post') return { action: 'post', receipt: await firstPost(sql, taken) }
  const about = await postOf(sql, taken)
  if (about?.state === 'delivered' && about.receipt) return { action: taken.action, receipt: about.receipt }
  if (about?.state === 'unknown')
    return { kind: 'permanent', reason: 'whether the post it is about exists is unknown: look there' }
  // What was never said there needs no taking back; a correction is then the first word.
  if (taken.action === 'delete') return { kind: 'delivered', receipt: { id: '', note: 'nothing was posted here' } }
  return { action: 'post', receipt: await firstPost(sql, taken) }
}
