import type { Context } from '../../context.ts'
import type { VersionRow } from '../planVersion.ts'
import { makeCall } from './calls.ts'
import { needStripe } from './client.ts'
import { isMissing } from './errors.ts'
import type { Item } from './items.ts'

/** Makes sure that Stripe has the prices of a version; gives their ids by lookup key. */
export const ensurePrices = async (
  ctx: Context,
  accountId: bigint,
  version: VersionRow,
  items: readonly Item[],
): Promise<Map<string, string>> => {
  const stripe = needStripe(ctx.env)
  const lookups = items.map((item) => item.lookup)
  const known = await stripe.prices.list({ lookup_keys: lookups, active: true, limit: 100 })
  const ids = new Map(known.data.map((price) => [price.lookup_key ?? '', price.id]))
  const missing = items.filter((item) => !ids.has(item.lookup))
  if (missing.length === 0) return ids
  const product = `wharf_plan_${version.plan}`
  try {
    await stripe.products.retrieve(product)
  } catch (error) {
    if (!isMissing(error)) throw error
    const payload = { id: product, name: version.planName }
    await makeCall(ctx, { accountId, kind: 'product.create', key: `product:${version.plan}`, payload })
  }
  for (const item of missing) {
    const key = `price:${item.lookup}`
    const made = await makeCall(ctx, {
      accountId,
      kind: 'price.create',
      key,
      payload: {
        product,
        currency: item.currency.toLowerCase(),
        unit_amount: item.unitAmount,
        nickname: item.name,
        lookup_key: item.lookup,
        tax_behavior: 'exclusive',
        recurring: { interval: 'month' },
        metadata: { wharf_key: key },
      },
    })
    ids.set(item.lookup, made.id!)
  }
  return ids
}
