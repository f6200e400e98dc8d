import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'

/** What an account may have, by key; null is without limit. A key that is not there is not granted. */
export type Entitlements = Readonly<Record<string, number | null>>

/**
 * Replaces what plans gave an account by what `source` (`plan:team`) gives, in the caller's transaction, and names the
 * plan that quotas follow. What something else gave (a grant by hand has another source) stays.
 */
export const setEntitlements = async (
  tx: Sql,
  ctx: Context,
  input: { accountId: bigint; plan: string; source: string; entitlements: Entitlements },
): Promise<void> => {
  const { accountId, plan, source, entitlements } = input
  const before = await planGiven(tx, accountId)
  const [account] = await tx<{ plan: string }[]>`select plan from account where id = ${accountId} for no key update`
  if (account?.plan !== plan) await tx`update account set plan = ${plan} where id = ${accountId}`
  await tx`delete from entitlement where account_id = ${accountId} and source like 'plan:%'
    and not key = any(${Object.keys(entitlements)}::text[])`
  const rows = Object.entries(entitlements).map(([key, value]) => ({ key, value }))
  await tx`insert into entitlement (account_id, key, value, source, updated_at)
    select ${accountId}, e.key, e.value, ${source}, ${ctx.now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as e (key text, value bigint)
    on conflict (account_id, key) do update set value = excluded.value, source = excluded.source,
      updated_at = excluded.updated_at
    where entitlement.source like 'plan:%'
      and (entitlement.value, entitlement.source) is distinct from (excluded.value, excluded.source)`
  const after = await planGiven(tx, accountId)
  if (account?.plan === plan && JSON.stringify(before) === JSON.stringify(after)) return
  await audit(tx, ctx, {
    action: 'accounts.entitlements.set',
    subject: { kind: 'account', id: accountId },
    accountId,
    before: { plan: account?.plan, entitlements: before },
    after: { plan, entitlements: after },
  })
}

const planGiven = async (sql: Sql, accountId: bigint): Promise<Record<string, string | null>> => {
  const rows = await sql<{ key: string; value: string | null }[]>`select key, value::text from entitlement
    where account_id = ${accountId} and source like 'plan:%' order by key`
  return Object.fromEntries(rows.map((row) => [row.key, row.value]))
}

export type EntitlementRow = { key: string; value: bigint | null; source: string }

/** What an account may have, by key. Null is without limit; a key without a row is not granted. */
export const entitlementsOf = async (sql: Sql, accountId: bigint): Promise<EntitlementRow[]> =>
  await sql<EntitlementRow[]>`select key, value, source from entitlement where account_id = ${accountId} order by key`
