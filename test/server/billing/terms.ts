import type { UsageHour } from '#server/billing/rated.ts'
import type { MeteredPrice, Price, PriceVersion, Terms } from '#server/billing/terms.ts'
import { HOUR_MS } from '#server/time.ts'

/** A plan version made of values; what a test does not name is the simplest there is. */
export const versionOf = (
  prices: Price[],
  more: Partial<Pick<PriceVersion, 'id' | 'currency' | 'interval'>> & Partial<Terms> = {},
): PriceVersion => ({
  id: more.id ?? '1',
  plan: 'cloud',
  version: 1,
  currency: more.currency ?? 'EUR',
  interval: more.interval ?? 'month',
  terms: {
    prices,
    minimum: more.minimum ?? null,
    entitlements: more.entitlements ?? {},
    promise: more.promise ?? [],
  },
})

export const perUnit = (
  meter: MeteredPrice['meter'],
  unitAmount: string,
  included = '0',
): Extract<Price, { model: 'per_unit' }> => ({
  key: meter,
  name: meter,
  model: 'per_unit',
  meter,
  unitAmount,
  included,
})

export const flat = (key: string, amount: string): Price => ({ key, name: key, model: 'flat', amount })
export const licensed = (key: string, unitAmount: string, included = 0): Price => ({
  key,
  name: key,
  model: 'licensed',
  unitAmount,
  included,
  unit: 'repository',
})

export const NOTHING_USED = { cpu: 0n, memory: 0n, disk: 0n, egress: 0n }
export const hourUsed = (app: string, hour: number, used: Partial<UsageHour['used']>): UsageHour => ({
  app,
  hour,
  used: { ...NOTHING_USED, ...used },
})

export const utc = (text: string): Date => new Date(`${text}${text.includes('T') ? '' : 'T00:00:00'}Z`)
export const hourAt = (text: string): number => utc(text).getTime() / HOUR_MS
