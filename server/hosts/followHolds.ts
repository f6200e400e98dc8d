import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { FOREVER_HOUR } from '../time.ts'
import { issue } from './command.ts'

/** Long enough for a host that is away over a weekend. */
const EXPIRES_IN_SECONDS = 7 * 86_400

type Hold = { id: bigint; kind: string; reason: string }
type Life = { hostId: number; epoch: number; containerId: string }
type Raw = { hostId: number; epoch: bigint; containerId: string }
const lives = (rows: readonly Raw[]): Life[] => rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))

/** The account's containers that run now, but for protected apps and revoked hosts. */
const runningOf = async (tx: Tx, accountId: bigint): Promise<Life[]> =>
  lives(
    await tx<Raw[]>`
      select e.host_id, e.epoch, coalesce(e.container_id, e.object_id) as container_id
      from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch
        join host h on h.id = t.host_id and h.revoked_at is null
        left join app p on p.account_id = t.account_id and p.name = t.app
      where t.account_id = ${accountId} and t.until_hour = ${FOREVER_HOUR} and e.kind = 'container'
        and e.ended_at is null and p.protected_at is null
      order by e.host_id, e.epoch`,
  )

/** What holds stopped and nothing has started since: the last life of its container, not restarted yet. */
const stoppedOf = async (tx: Tx, accountId: bigint): Promise<(Life & { stopId: bigint })[]> => {
  const rows = await tx<(Raw & { stopId: bigint })[]>`
    select c.host_id, c.epoch, c.container_id, c.id as stop_id
    from attribution t join command c on c.host_id = t.host_id and c.epoch = t.epoch
      join host h on h.id = c.host_id and h.revoked_at is null
      join epoch e on e.host_id = c.host_id and e.epoch = c.epoch
    where t.account_id = ${accountId} and t.until_hour = ${FOREVER_HOUR}
      and c.kind = 'stop' and c.key like 'hold:%' and c.state in ('done', 'pending')
      and not exists (select 1 from command r where r.key = 'lift:' || c.id)
      and not exists (select 1 from epoch n where n.host_id = e.host_id and n.container_id = c.container_id
        and n.kind = 'container' and n.opened_at > e.opened_at)
    order by c.id`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}

const stopAll = async (tx: Tx, ctx: Context, accountId: bigint, hold: Hold) => {
  for (const { hostId, epoch, containerId } of await runningOf(tx, accountId)) {
    await issue(tx, ctx, {
      hostId,
      epoch,
      containerId,
      kind: 'stop',
      args: { graceSeconds: 30 },
      reason: `the account is suspended (${hold.kind}: ${hold.reason})`,
      key: `hold:${hold.id}:${hostId}:${epoch}`,
      expiresInSeconds: EXPIRES_IN_SECONDS,
    })
  }
}

const restartAll = async (tx: Tx, ctx: Context, accountId: bigint) => {
  for (const { stopId, hostId, epoch, containerId } of await stoppedOf(tx, accountId)) {
    const [withdrawn] = await tx`update command set state = 'expired', finished_at = ${ctx.now},
        detail = 'the hold was lifted before the agent fetched it'
      where id = ${stopId} and state = 'pending' and delivered_at is null returning id`
    if (withdrawn) continue
    await issue(tx, ctx, {
      hostId,
      epoch,
      containerId,
      kind: 'restart',
      reason: 'the last hold on the account was lifted',
      key: `lift:${stopId}`,
      expiresInSeconds: EXPIRES_IN_SECONDS,
    })
  }
}

/**
 * Job `hosts.follow_holds`: while an account has a hold its running containers are stopped; when the last is lifted,
 * those that holds stopped are started again and no others. Repeating it changes nothing.
 */
export const followHolds = async (ctx: Context, { accountId: text }: { accountId: string }): Promise<void> => {
  const accountId = BigInt(text)
  await ctx.sql.begin(async (tx) => {
    // Placing and lifting may be followed at the same moment: one after the other.
    await tx`select 1 from account where id = ${accountId} for no key update`
    const [hold] = await tx<Hold[]>`select id, kind, reason from account_hold
      where account_id = ${accountId} and lifted_at is null order by id limit 1`
    if (hold) await stopAll(tx, ctx, accountId, hold)
    else await restartAll(tx, ctx, accountId)
  })
}

/** Job `hosts.enforce_holds`: stops what was started on a held account since its hold was placed. */
export const enforceHolds = async (ctx: Context): Promise<void> => {
  const held = await ctx.sql<
    { accountId: bigint }[]
  >`select distinct account_id from account_hold where lifted_at is null`
  for (const { accountId } of held) await followHolds(ctx, { accountId: String(accountId) })
}
