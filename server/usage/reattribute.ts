import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { believedEpochs, matches, type EpochRef, type LabelNames } from './attribute.ts'
import { eachMeter } from './meters.ts'
import { HOST_LOCK } from './roll.ts'
import { announceUse } from './rollHours.ts'

const EPOCHS_PER_BATCH = 2_000

/**
 * The job `usage.attribute`: looks again at what nobody owns, and moves what a rule, or an account made since, now
 * matches: the attribution from the epoch's start, and its hours from account 0 to the account. Nothing else changes.
 */
export const reattribute = async (ctx: Context, { ruleId }: JobPayload<'usage.attribute'>): Promise<void> => {
  const names = { labelAccount: ctx.env.WHARF_LABEL_ACCOUNT, labelApp: ctx.env.WHARF_LABEL_APP }
  const hosts = await ctx.sql<{ hostId: number }[]>`
    select distinct host_id from attribution where account_id is null and until_hour = 2147483647 order by host_id`
  for (const { hostId } of hosts) {
    let after = -1
    for (;;) {
      const last = await ctx.sql.begin((tx) => moveBatch(tx, ctx, names, hostId, after, ruleId))
      if (last === undefined) break
      after = last
    }
  }
}

/** Moves what matches among the next epochs of a host. Gives the last epoch looked at, or undefined at the end. */
const moveBatch = async (tx: Tx, ctx: Context, names: LabelNames, hostId: number, after: number, ruleId?: string) => {
  // The lock that rolling holds: hours and their owner change one after the other.
  await tx`select pg_advisory_xact_lock(${HOST_LOCK}, ${hostId})`
  const rows = await tx<{ epoch: bigint }[]>`select epoch from attribution
    where host_id = ${hostId} and account_id is null and until_hour = 2147483647 and epoch > ${after}
    order by epoch limit ${EPOCHS_PER_BATCH}`
  const epochs = rows.map((row): EpochRef => ({ hostId, epoch: Number(row.epoch) }))
  if (epochs.length === 0) return undefined
  const moved = await move(tx, names, epochs)
  if (moved.epochs > 0) {
    await audit(tx, ctx, {
      action: 'usage.attribution.move',
      subject: { kind: 'host', id: hostId },
      after: { epochs: moved.epochs, accounts: moved.accounts, ruleId },
    })
    await announceUse(tx, [0n, ...moved.accounts], [hostId])
  }
  return epochs.at(-1)?.epoch
}

const columns = eachMeter('$')

const move = async (tx: Tx, names: LabelNames, epochs: readonly EpochRef[]) => {
  const believed = await believedEpochs(tx, names, epochs)
  const [row] = await tx<{ epochs: number; accounts: bigint[] }[]>`
    with matched as (${matches(tx, names, epochs, believed)}),
    moved as (
      update attribution t set account_id = m.account_id, app = m.app, source = m.source, rule_id = m.rule_id
      from matched m
      where m.account_id is not null and t.host_id = m.host_id and t.epoch = m.epoch and t.account_id is null
        and t.until_hour = 2147483647
      returning t.host_id, t.epoch, t.from_hour, t.account_id, t.app
    ),
    apps as (
      insert into app (account_id, name) select distinct account_id, app from moved order by 1, 2 on conflict do nothing
    ),
    used as materialized (
      select m.account_id, m.app, h.hour, count(*) filter (where e.kind = 'container') as containers,
        ${tx.unsafe(eachMeter('sum(h.$)::bigint as $'))}
      from moved m
      join epoch e on e.host_id = m.host_id and e.epoch = m.epoch
      join usage_hour h on h.host_id = m.host_id and h.epoch = m.epoch
      group by m.account_id, m.app, h.hour
    ),
    booked as (
      insert into account_hour (account_id, hour, app, containers, ${tx.unsafe(columns)})
      select account_id, hour, app, containers, ${tx.unsafe(columns)} from (
        select account_id, hour, app, containers, ${tx.unsafe(columns)} from used
        union all
        select 0, hour, '', -sum(containers), ${tx.unsafe(eachMeter('-sum($)::bigint'))} from used group by hour
      ) b order by account_id, hour, app
      on conflict (account_id, hour, app) do update set containers = account_hour.containers + excluded.containers,
        ${tx.unsafe(eachMeter('$ = account_hour.$ + excluded.$'))}
    )
    select (select count(*) from moved)::int as epochs,
      coalesce((select array_agg(distinct account_id) from moved), '{}')::bigint[] as accounts`
  return row!
}
