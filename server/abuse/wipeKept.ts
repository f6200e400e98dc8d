import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { FOREVER_HOUR } from '../time.ts'
import { act, type Target } from './act.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { lockOwner } from './openCase.ts'
import { NOBODY, type Owner } from './owner.ts'
import { abuseSettings } from './settings.ts'

type Due = Owner & { id: bigint; caseId: bigint; at: Date }

/**
 * Ends what was kept of deleted apps whose time is over: configurations are erased here, and hosts told to remove the volumes.
 * What is protected waits until it is not. Volumes of an app that was restored, or that runs again, are in use and stay.
 */
export const wipeKept = async (ctx: Context): Promise<void> => {
  const { protectedAccounts } = await abuseSettings(ctx.sql)
  const due = await ctx.sql<Due[]>`
    select d.id, d.case_id, d.owner, d.account_id, d.app, d.at from abuse_deletion d
    left join app p on p.account_id = d.account_id and p.name = d.app
    where d.wiped_at is null and d.keep_until <= ${ctx.now} and p.protected_at is null
      and d.owner <> all(${protectedAccounts}) order by d.id`
  for (const deletion of due) await ctx.sql.begin((tx) => wipe(tx, ctx, deletion))
}

const wipe = async (tx: Tx, ctx: Context, deletion: Due) => {
  const { id, caseId, accountId, app } = deletion
  await lockOwner(tx, deletion.owner)
  const [row] = await tx<{ restored: boolean }[]>`update abuse_deletion set wiped_at = ${ctx.now}
    where id = ${id} and wiped_at is null returning restored_at is not null as restored`
  if (!row) return
  await tx`update command set evidence = evidence - 'createConfig'
    where key like ${`abuse:deletion:${id}:delete:%`} and evidence ? 'createConfig'`
  await tx`update command set args = args - 'createConfig'
    where key like ${`abuse:restore:${id}:recreate:%`} and args ? 'createConfig' and state <> 'pending'`
  const volumes = row.restored ? [] : await volumesOf(tx, ctx, deletion)
  const told = volumes.length === 0 ? 'No volume is left of it.' : `Hosts remove ${volumes.length} of its volumes.`
  await caseEvent(tx, ctx, caseId, {
    kind: 'wiped',
    words: row.restored
      ? `The configuration that was kept of ${plain(app)} is erased; the app was restored and keeps its volumes.`
      : `What was kept of ${plain(app)} is gone: its configuration is erased. ${told}`,
    detail: { deletionId: id, volumes: volumes.map(({ name }) => name) },
  })
  for (const volume of volumes) {
    await act(tx, ctx, caseId, volume, 'remove_volume', {
      key: `wipe:${id}`,
      why: 'its app was deleted, and its days are over',
      args: { volume: volume.name },
    })
  }
  await audit(tx, ctx, {
    action: 'abuse.app.wipe',
    subject: { kind: 'abuse_case', id: caseId },
    accountId,
    after: { app, deletionId: id, restored: row.restored, volumes: volumes.map(({ name }) => name) },
  })
}

/**
 * The app's volumes on hosts that deleted its containers: those the hosts named and those metered as the app's, but none
 * metered as another app's, and none at all where the app has had another container since.
 */
const volumesOf = async (tx: Tx, ctx: Context, { id, owner, accountId, app, at }: Due): Promise<Target[]> => {
  const label = ctx.env.WHARF_LABEL_ACCOUNT
  const rows = await tx<(Omit<Target, 'epoch'> & { epoch: bigint })[]>`
    with done as (
      select host_id, epoch, container_id, evidence ->> 'volumes' as volumes from command
      where key like ${`abuse:deletion:${id}:delete:%`} and state = 'done'
    ), named as (
      select distinct on (host_id, name) host_id, epoch, container_id, name
      from done cross join unnest(string_to_array(volumes, E'\n')) as name order by host_id, name, epoch
    ), metered as (
      select e.host_id, e.epoch, coalesce(e.container_id, e.object_id) as container_id, e.object_id as name,
        t.account_id is not distinct from ${accountId} and t.app = ${app}
          and (t.account_id is not null or coalesce(e.labels ->> ${label}, ${NOBODY}) = ${owner}) as mine
      from epoch e join attribution t on t.host_id = e.host_id and t.epoch = e.epoch and t.until_hour = ${FOREVER_HOUR}
      where e.host_id in (select host_id from done) and e.kind = 'volume' and e.ended_at is null
    )
    select host_id, coalesce(m.epoch, n.epoch) as epoch, coalesce(m.container_id, n.container_id) as container_id, name
    from named n full join metered m using (host_id, name)
    where coalesce(m.mine, true) and not exists (
      select from attribution t join epoch e on e.host_id = t.host_id and e.epoch = t.epoch and e.kind = 'container'
      where t.until_hour = ${FOREVER_HOUR} and t.account_id is not distinct from ${accountId} and t.app = ${app}
        and (t.account_id is not null or coalesce(e.labels ->> ${label}, ${NOBODY}) = ${owner}) and e.opened_at > ${at}
        and not exists (select from done where done.host_id = e.host_id and done.container_id = e.container_id))
    order by host_id, name`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}
