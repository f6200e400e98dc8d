import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { issue } from '../hosts/command.ts'
import { addJob } from '../jobs.ts'
import { FOREVER_HOUR, MINUTE_MS } from '../time.ts'
import type { CapAction } from './spendJudge.ts'
import { THROTTLED_TO_PERCENT } from './spendWords.ts'

export type Acting = Exclude<CapAction, 'notify'>
type Life = { hostId: number; epoch: bigint; containerId: string }

/** Long enough for a host that is away over a weekend. */
const EXPIRES_IN_SECONDS = 7 * 86_400
const LOOKS_AGAIN_MS = 5 * MINUTE_MS

/** Placing and lifting holds and caps on an account follow one another. */
export const lockAccount = async (tx: Tx, accountId: bigint): Promise<void> => {
  await tx`select 1 from account where id = ${accountId} for no key update`
}

/**
 * Throttles or stops what runs of an account and was not acted on in this round (since `cappedAt`) yet, but for protected
 * apps and revoked hosts. Gives how many containers that were.
 */
export const actOnCap = async (
  tx: Tx,
  ctx: Context,
  accountId: bigint,
  { action, cappedAt, cap }: { action: Acting; cappedAt: Date; cap: string },
): Promise<number> => {
  const round = `cap:${accountId}:${cappedAt.getTime()}:${action}`
  const running = await tx<Life[]>`
    select e.host_id, e.epoch, coalesce(e.container_id, e.object_id) as container_id
    from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
      join host h on h.id = t.host_id and h.revoked_at is null
      left join app p on p.account_id = t.account_id and p.name = t.app
    where t.account_id = ${accountId} and t.until_hour = ${FOREVER_HOUR} and e.kind = 'container'
      and e.ended_at is null and p.protected_at is null
      and not exists (select from command c where c.key = ${round} || ':' || e.host_id || ':' || e.epoch)
    order by e.host_id, e.epoch`
  for (const { hostId, epoch, containerId } of running) {
    await issue(tx, ctx, {
      hostId,
      epoch: Number(epoch),
      containerId,
      kind: action,
      args: action === 'stop' ? { graceSeconds: 30 } : { cpuPercent: THROTTLED_TO_PERCENT },
      reason: `the account's spend cap of ${cap} is reached`,
      key: `${round}:${hostId}:${epoch}`,
      expiresInSeconds: EXPIRES_IN_SECONDS,
    })
  }
  return running.length
}

type Done = Life & { id: bigint; kind: Acting }

/**
 * What caps stopped or throttled and nobody has undone or taken over since: of stops, where the container was not started
 * since; each with the newest life of its container, which a command must mean.
 */
const outstanding = async (tx: Tx, accountId: bigint, kinds: readonly Acting[]): Promise<Done[]> =>
  await tx<Done[]>`
    select distinct on (c.host_id, c.container_id, c.kind) c.id, c.kind, c.host_id, n.epoch, c.container_id
    from attribution t
      join command c on c.host_id = t.host_id and c.epoch = t.epoch and c.kind = any(${[...kinds]}::text[])
        and starts_with(c.key, ${`cap:${accountId}:`}) and c.state in ('done', 'pending')
      join host h on h.id = c.host_id and h.revoked_at is null
      join lateral (select e.epoch, e.opened_at from epoch e where e.host_id = c.host_id
        and e.container_id = c.container_id and e.kind = 'container' order by e.opened_at desc limit 1) n on true
      left join app p on p.account_id = t.account_id and p.name = t.app
    where t.account_id = ${accountId}
      and not exists (select from command u where u.key = 'uncap:' || c.id)
      and (c.kind = 'throttle' or (n.epoch = c.epoch and p.protected_at is null))
      and not exists (select from command o where o.host_id = c.host_id and o.epoch = n.epoch and o.id > c.id
        and o.container_id = c.container_id and o.state in ('done', 'pending')
        and not starts_with(o.key, 'cap:') and not starts_with(o.key, 'uncap:')
        and o.kind = any(case when c.kind = 'stop' then '{stop,kill,delete,restart}' else '{throttle,unthrottle,set_limits}' end::text[]))
    order by c.host_id, c.container_id, c.kind, c.id desc`

/** Starts again what caps had stopped, and unthrottles what they had throttled: that, and no other container. */
export const undoCap = async (
  tx: Tx,
  ctx: Context,
  accountId: bigint,
  kinds: readonly Acting[] = ['stop', 'throttle'],
): Promise<number> => {
  const [held] = await tx`select 1 from account_hold where account_id = ${accountId} and lifted_at is null limit 1`
  if (held) {
    // A suspended account's containers stay down: this is done once its holds are lifted.
    await followLater(tx, accountId, new Date(ctx.now.getTime() + LOOKS_AGAIN_MS))
    return 0
  }
  const done = await outstanding(tx, accountId, kinds)
  for (const { id, kind, hostId, epoch, containerId } of done) {
    const [withdrawn] = await tx`update command set state = 'expired', finished_at = ${ctx.now},
        detail = 'the spend cap was lifted before the agent fetched it'
      where id = ${id} and state = 'pending' and delivered_at is null returning id`
    if (withdrawn) continue
    await issue(tx, ctx, {
      hostId,
      epoch: Number(epoch),
      containerId,
      kind: kind === 'stop' ? 'restart' : 'unthrottle',
      reason: 'the spend cap was lifted',
      key: `uncap:${id}`,
      expiresInSeconds: EXPIRES_IN_SECONDS,
    })
  }
  return done.length
}

/** Has what caps did be looked at again. */
export const followLater = async (tx: Tx, accountId: bigint, runAt?: Date): Promise<void> => {
  const key = `follow_cap:${accountId}`
  await addJob(tx, 'billing.follow_cap', { accountId: accountId.toString() }, runAt ? { key, runAt } : { key })
}
