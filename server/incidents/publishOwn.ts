import type { Context } from '../context.ts'
import { announce } from '../live.ts'

/**
 * What we show ourselves: the customers' banner shows an update as soon as it may be sent; the status page once it was
 * rendered after that. True where something was published.
 */
export const publishOwn = async (ctx: Context, target: 'banner' | 'status'): Promise<boolean> => {
  const { sql, now } = ctx
  return await sql.begin(async (tx) => {
    const rows = await tx<{ id: bigint; incidentId: bigint }[]>`
      with page as (select rendered_at, rendered_revision from status_page where id = 1),
      due as (select d.id, d.update_id, u.send_after, coalesce(p.rendered_at >= u.send_after, false) as is_shown, p.rendered_revision
        from delivery d join incident_update u on u.id = d.update_id left join page p on true
        where d.target = ${target} and d.state = 'pending' and d.next_at <= ${now} and u.undone_at is null
        for update of d skip locked),
      later as (update delivery set next_at = ${now}::timestamptz + least('2 seconds', greatest('250 milliseconds', (${now}::timestamptz - due.send_after) / 2))
        from due where delivery.id = due.id and ${target} = 'status' and not due.is_shown),
      shown as (update delivery d set state = 'delivered', attempts = 1, next_at = null, accepted_at = ${now},
          receipt = jsonb_build_object('id', case when ${target} = 'status' then 'revision ' || due.rendered_revision
            else 'update ' || due.update_id end)
        from due where d.id = due.id and (${target} = 'banner' or due.is_shown) returning d.id, d.incident_id),
      noted as (insert into delivery_attempt (delivery_id, number, at, outcome, detail, took_ms)
        select id, 1, ${now}, 'delivered', '', 0 from shown on conflict do nothing)
      select id, incident_id from shown`
    for (const id of new Set(rows.map(({ incidentId }) => incidentId))) await announce(tx, `incident:${id}`)
    return rows.length > 0
  })
}
