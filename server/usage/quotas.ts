import type { Sql, Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { isLimitable, PLAN_DEFAULTS, type Quota, type QuotaAction, type QuotaMeter, type QuotaScope } from './quota.ts'

/** The limits in force. */
export const activeQuotas = async (sql: Sql): Promise<Quota[]> =>
  await sql<Quota[]>`select id, plan, account_id, app, scope, meter, soft_limit as soft, hard_limit as hard,
    grace_seconds, action from quota where removed_at is null order by id`

/** Writes the plans' own limits where a plan never had any for that scope and meter. */
export const seedQuotas = async (tx: Tx): Promise<void> => {
  const rows = Object.entries(PLAN_DEFAULTS).flatMap(([plan, limits]) =>
    limits.map(({ scope, meter, soft, action }) => ({
      plan,
      scope,
      meter,
      soft: String(soft),
      hard: String(soft * 2n),
      grace: action === 'notice' ? 86_400 : 600,
      action,
    })),
  )
  await tx`insert into quota (plan, scope, meter, soft_limit, hard_limit, grace_seconds, action, created_by)
    select d.plan, d.scope, d.meter, d.soft, d.hard, d.grace, d.action, 'default'
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
      as d (plan text, scope text, meter text, soft bigint, hard bigint, grace int, action text)
    where not exists (select from quota q where q.plan = d.plan and q.scope = d.scope and q.meter = d.meter)
    on conflict do nothing`
}

export type NewQuota = {
  /** A plan's default, or an override for an account and, where given, one of its apps. */
  owner: { plan: string } | { account: string; app?: string | undefined }
  scope: QuotaScope
  meter: QuotaMeter
  soft: bigint | null
  hard: bigint | null
  graceSeconds: number
  action: QuotaAction
}

/**
 * Sets a limit; the one it replaces is kept as removed.
 * @throws DomainError BAD_REQUEST (with path), NOT_FOUND (no such account)
 */
export const setQuota = async (ctx: Context, input: NewQuota): Promise<{ id: bigint }> => {
  check(input)
  return await ctx.sql.begin(async (tx) => {
    const plan = 'plan' in input.owner ? input.owner.plan : null
    const app = 'account' in input.owner ? (input.owner.app ?? null) : null
    const accountId = 'account' in input.owner ? await accountNamed(tx, input.owner.account) : null
    const [before] = await tx`update quota set removed_at = ${ctx.now}
      where removed_at is null and scope = ${input.scope} and meter = ${input.meter}
        and plan is not distinct from ${plan} and account_id is not distinct from ${accountId}
        and app is not distinct from ${app}
      returning id, soft_limit, hard_limit, grace_seconds, action`
    const [made] = await tx<{ id: bigint }[]>`insert into quota (plan, account_id, app, scope, meter, soft_limit,
        hard_limit, grace_seconds, action, created_by, created_at)
      values (${plan}, ${accountId}, ${app}, ${input.scope}, ${input.meter}, ${input.soft}, ${input.hard},
        ${input.graceSeconds}, ${input.action}, ${labelOf(ctx.actor)}, ${ctx.now}) returning id`
    const { id } = made!
    await audit(tx, ctx, { action: 'usage.quota.set', subject: { kind: 'quota', id }, accountId, before, after: input })
    return { id }
  })
}

/** Removes a limit; what is behind it (the account's, the plan's) holds then. @throws DomainError NOT_FOUND */
export const removeQuota = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ accountId: bigint | null }[]>`update quota set removed_at = ${ctx.now}
      where id = ${id} and removed_at is null
      returning plan, account_id, app, scope, meter, soft_limit, hard_limit, grace_seconds, action`
    if (!before) throw new DomainError('NOT_FOUND', `no limit ${id}, or it was removed before`)
    const { accountId } = before
    await audit(tx, ctx, { action: 'usage.quota.remove', subject: { kind: 'quota', id }, accountId, before })
  })

const check = ({ scope, meter, soft, hard, action, graceSeconds }: NewQuota) => {
  const fault = (path: string, message: string) => new DomainError('BAD_REQUEST', message, { path })
  if (!isLimitable(scope, meter)) throw fault('scope', `${meter} is limited by account or app, not by container`)
  if (soft === null && hard === null) throw fault('soft', 'give a soft limit, a hard one, or both')
  if (soft !== null && soft < 0n) throw fault('soft', 'a limit is 0 or more')
  if (hard !== null && hard < (soft ?? 0n)) throw fault('hard', 'the hard limit is not below the soft one')
  if (graceSeconds < 0 || graceSeconds > 2_592_000) throw fault('graceSeconds', 'the grace is between 0 s and 30 d')
  if (action === 'truncate_log' && meter !== 'logs') throw fault('action', 'only logs can be truncated')
  if (action !== 'notice' && hard === null) throw fault('hard', 'an action needs a hard limit')
}

/** The id of an open account. @throws DomainError NOT_FOUND */
export const accountNamed = async (sql: Sql, name: string): Promise<bigint> => {
  const [row] = await sql<{ id: bigint }[]>`select id from account where name = ${name} and closed_at is null`
  if (!row) throw new DomainError('NOT_FOUND', `no account "${name}"`, { path: 'account' })
  return row.id
}
