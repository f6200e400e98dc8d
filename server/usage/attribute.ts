import type { Sql, Tx } from '#db/client.ts'
import { IMAGE_KEY, isSigned, NAME_KEY, SERVICE_LABEL, SIGNATURE_LABEL } from './label.ts'

/** Names of the two labels that say whose a container is; from the environment. */
export type LabelNames = { labelAccount: string; labelApp: string }
export type EpochRef = { hostId: number; epoch: number }

/**
 * Says whose newly declared epochs are, in the transaction that stores them: a row of `attribution` each, from the hour
 * they opened, and the apps they name. The `epoch` rows must be there, and container epochs carry their own id in
 * `container_id`. Epochs that have an attribution keep it, so repeating a declaration changes nothing.
 */
export const attributeEpochs = async (tx: Tx, env: LabelNames, epochs: readonly EpochRef[]): Promise<void> => {
  if (epochs.length === 0) return
  const believed = await believedEpochs(tx, env, epochs)
  await tx`
    with matched as (${matches(tx, env, epochs, believed)}),
    fresh as (
      insert into attribution (host_id, epoch, from_hour, account_id, app, source, rule_id)
      select m.host_id, m.epoch, m.from_hour, m.account_id, m.app, m.source, m.rule_id from matched m
      where not exists (select from attribution a where a.host_id = m.host_id and a.epoch = m.epoch)
      on conflict do nothing
      returning account_id, app
    )
    insert into app (account_id, name)
    select distinct account_id, app from fresh where account_id is not null order by 1, 2
    on conflict do nothing`
}

/**
 * The account, app and source that labels, clusters and rules give each epoch, as a query with the columns host_id,
 * epoch, from_hour, account_id (null: nobody's), app, source, rule_id. `believed` are the epochs of `signed` clusters
 * whose signature holds. In those clusters only rules made for the cluster itself count, as tenants write the labels.
 */
export const matches = (sql: Sql, env: LabelNames, epochs: readonly EpochRef[], believed: readonly EpochRef[]) => sql`
  select e.host_id, e.epoch, floor(extract(epoch from e.opened_at) / 3600)::int as from_hour,
    coalesce(owner.id, rule.account_id) as account_id,
    left(coalesce(
      nullif(case when owner.id is not null then e.labels ->> ${env.labelApp} end, ''),
      nullif(case when owner.id is null then coalesce(rule.app, e.labels ->> rule.label_key) end, ''),
      nullif(e.labels ->> ${SERVICE_LABEL}, ''), nullif(life.name, ''), e.name), 200) as app,
    case when owner.id is null then case when rule.id is null then 'none' else 'rule' end
      when c.label_trust = 'tenant' then 'tenant' else 'label' end as source,
    case when owner.id is null then rule.id end as rule_id
  from unnest(${epochs.map((e) => e.hostId)}::int[], ${epochs.map((e) => e.epoch)}::bigint[]) as d (host_id, epoch)
  join epoch e on e.host_id = d.host_id and e.epoch = d.epoch
  join host h on h.id = e.host_id
  join cluster c on c.id = h.cluster_id
  left join unnest(${believed.map((e) => e.hostId)}::int[], ${believed.map((e) => e.epoch)}::bigint[])
    as b (host_id, epoch) on b.host_id = e.host_id and b.epoch = e.epoch
  left join lateral (
    select name from epoch k
    where e.kind <> 'container' and k.host_id = e.host_id and k.container_id = e.container_id and k.kind = 'container'
    order by k.opened_at desc limit 1
  ) life on true
  left join account owner on owner.closed_at is null and case c.label_trust
    when 'tenant' then owner.id = c.tenant_account_id
    when 'signed' then b.epoch is not null and owner.name = e.labels ->> ${env.labelAccount}
    else owner.name = e.labels ->> ${env.labelAccount} end
  left join lateral (
    select r.id, r.account_id, r.app, r.label_key from label_rule r join account a on a.id = r.account_id
    where owner.id is null and r.removed_at is null and a.closed_at is null
      and (r.cluster_id = c.id or (r.cluster_id is null and c.label_trust <> 'signed'))
      and case r.label_key when ${NAME_KEY} then coalesce(life.name, e.name) when ${IMAGE_KEY} then e.image
        else e.labels ->> r.label_key end like
        replace(replace(replace(replace(r.label_value, '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '*', '%')
    order by r.priority, r.id limit 1
  ) rule on true`

/** Those of the epochs whose labels carry a signature of ours, in clusters where labels need one. */
export const believedEpochs = async (sql: Sql, env: LabelNames, epochs: readonly EpochRef[]): Promise<EpochRef[]> => {
  const signed = await sql<
    { hostId: number; epoch: bigint; account: string; app: string; name: string; sig: string }[]
  >`
    select e.host_id, e.epoch, e.labels ->> ${env.labelAccount} as account, coalesce(e.labels ->> ${env.labelApp}, '') as app,
      coalesce((select k.name from epoch k where e.kind <> 'container' and k.host_id = e.host_id
        and k.container_id = e.container_id and k.kind = 'container' order by k.opened_at desc limit 1), e.name) as name,
      e.labels ->> ${SIGNATURE_LABEL} as sig
    from unnest(${epochs.map((e) => e.hostId)}::int[], ${epochs.map((e) => e.epoch)}::bigint[]) as d (host_id, epoch)
    join epoch e on e.host_id = d.host_id and e.epoch = d.epoch
    join host h on h.id = e.host_id join cluster c on c.id = h.cluster_id and c.label_trust = 'signed'
    where e.labels ? ${SIGNATURE_LABEL} and e.labels ? ${env.labelAccount}`
  if (signed.length === 0) return []
  const keys = await sql<{ key: string }[]>`select encode(public_key, 'base64') as key from server_key`
  return signed
    .filter((e) =>
      isSigned(
        { account: e.account, app: e.app, container: e.name },
        e.sig,
        keys.map((k) => k.key),
      ),
    )
    .map((e) => ({ hostId: e.hostId, epoch: Number(e.epoch) }))
}
