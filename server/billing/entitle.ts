import type { Sql } from '#db/client.ts'
import { setEntitlements, type Entitlements } from '../accounts/setEntitlements.ts'
import type { Context } from '../context.ts'
import { freeVersion } from './freeVersion.ts'
import { FREE } from './planVersion.ts'
import type { Quantities } from './subscriptionSql.ts'
import type { PriceVersion } from './terms.ts'

/** What a plan version and its licensed quantities let an account have: a quantity adds to the key of its price. */
export const entitlementsOf = (version: PriceVersion, quantities: Quantities): Entitlements => {
  const granted: Record<string, number | null> = { ...version.terms.entitlements }
  for (const price of version.terms.prices) {
    if (price.model !== 'licensed' || granted[price.key] === null) continue
    granted[price.key] = (granted[price.key] ?? 0) + (quantities[price.key] ?? 0)
  }
  return granted
}

/** Gives an account what its terms say, in the transaction that sets them. Paused, it has what Free gives. */
export const entitle = async (
  tx: Sql,
  ctx: Context,
  input: { accountId: bigint; version: PriceVersion; quantities: Quantities; paused?: boolean },
): Promise<void> => {
  const { accountId, version, quantities, paused = false } = input
  const given = paused
    ? entitlementsOf(await freeVersion(tx, ctx, version.currency), {})
    : entitlementsOf(version, quantities)
  const source = `plan:${paused ? FREE : version.plan}`
  // Paused workloads go on and are billed as used, so the plan's quotas keep holding.
  await setEntitlements(tx, ctx, { accountId, plan: version.plan, source, entitlements: given })
}
