import type { Price } from '../../../billing-parts/price-words.ts'
import type { VersionRow } from '../page.tsx'

export type Terms = VersionRow['terms']
export type Model = Price['model']
type Meter = Extract<Price, { meter: string }>['meter']

/** A tier as typed; `upTo` empty is without end. */
export type TierForm = { upTo: string; unitAmount: string; flatAmount: string }
/** A price as typed: every model's fields at once, so that changing the model loses nothing. */
export type PriceForm = {
  id: number
  key: string
  name: string
  model: Model
  meter: Meter
  amount: string
  included: string
  unit: string
  size: string
  tiers: TierForm[]
}
export type PairForm = { id: number; key: string; value: string }
export type TermsForm = {
  prices: PriceForm[]
  minimum: string
  trialDays: string
  entitlements: PairForm[]
  /** Minutes of downtime and percent. */
  promise: PairForm[]
}

let made = 0
/** A name for a row that React keeps while it is edited. */
export const nextId = () => ++made

export const blankPrice = (): PriceForm => ({
  id: nextId(),
  key: '',
  name: '',
  model: 'flat',
  meter: 'cpu',
  amount: '',
  included: '0',
  unit: '',
  size: '1',
  tiers: [{ upTo: '', unitAmount: '', flatAmount: '' }],
})

const priceForm = (price: Price): PriceForm => {
  const form = { ...blankPrice(), key: price.key, name: price.name, model: price.model }
  switch (price.model) {
    case 'flat':
      return { ...form, amount: price.amount }
    case 'licensed':
      return { ...form, amount: price.unitAmount, included: String(price.included), unit: price.unit }
    case 'per_unit':
      return { ...form, meter: price.meter, amount: price.unitAmount, included: price.included }
    case 'package':
      return { ...form, meter: price.meter, amount: price.amount, size: price.size, included: price.included }
    case 'graduated':
    case 'volume':
      return {
        ...form,
        meter: price.meter,
        tiers: price.tiers.map((tier) => ({
          upTo: tier.upTo ?? '',
          unitAmount: tier.unitAmount,
          flatAmount: tier.flatAmount ?? '',
        })),
      }
  }
}

/** Terms as a form holds them. */
export const formOf = (terms: Terms | undefined, trialDays: number): TermsForm => ({
  prices: terms?.prices.map(priceForm) ?? [],
  minimum: terms?.minimum ?? '',
  trialDays: String(trialDays),
  entitlements: Object.entries(terms?.entitlements ?? {}).map(([key, value]) => ({
    id: nextId(),
    key,
    value: value === null ? '' : String(value),
  })),
  promise: (terms?.promise ?? []).map(({ downMinutes, percent }) => ({
    id: nextId(),
    key: String(downMinutes),
    value: String(percent),
  })),
})

const priceOf = (form: PriceForm): Price => {
  const named = { key: form.key.trim(), name: form.name.trim() }
  const [amount, included] = [form.amount.trim(), form.included.trim() || '0']
  switch (form.model) {
    case 'flat':
      return { ...named, model: 'flat', amount }
    case 'licensed':
      return { ...named, model: 'licensed', unitAmount: amount, included: Number(included), unit: form.unit.trim() }
    case 'per_unit':
      return { ...named, model: 'per_unit', meter: form.meter, unitAmount: amount, included }
    case 'package':
      return { ...named, model: 'package', meter: form.meter, size: form.size.trim(), amount, included }
    case 'graduated':
    case 'volume':
      return {
        ...named,
        model: form.model,
        meter: form.meter,
        tiers: form.tiers.map((tier) => ({
          upTo: tier.upTo.trim() || null,
          unitAmount: tier.unitAmount.trim(),
          ...(tier.flatAmount.trim() && { flatAmount: tier.flatAmount.trim() }),
        })),
      }
  }
}

/** What a form says, as the server takes it; it says what is wrong. */
export const termsOf = (form: TermsForm): { terms: Terms; trialDays: number } => ({
  terms: {
    prices: form.prices.map(priceOf),
    minimum: form.minimum.trim() || null,
    entitlements: Object.fromEntries(
      form.entitlements
        .filter(({ key }) => key.trim())
        .map(({ key, value }) => [key.trim(), value.trim() ? Number(value) : null]),
    ),
    promise: form.promise.map(({ key, value }) => ({ downMinutes: Number(key), percent: Number(value) })),
  },
  trialDays: Number(form.trialDays || '0'),
})
