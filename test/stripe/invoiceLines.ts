import type Stripe from 'stripe'
import { decimal, MOST_AMOUNT } from './catalog.ts'
import type { Params } from './form.ts'
import { metadataOf, numberOf, partOf, textOf } from './read.ts'
import { Refusal, refuse } from './world.ts'
import type { World } from './world.ts'

/** Stripe refuses more lines on one invoice. */
const MOST_LINES = 250

/** Where a line came from: a subscription's own price, or added by a call. */
export type NewLine = {
  amount: number
  description: string | null
  period: { start: number; end: number }
  metadata: Record<string, string>
  quantity: number
  price?: Stripe.Price
  from: { subscription: string; item: string } | { invoiceItem: string; subscription: string | null }
}

export const linesOf = (world: World, invoiceId: string): Stripe.InvoiceLineItem[] =>
  (world.state.lines[invoiceId] ?? []).map((id) => world.get('line_item', id))

export const addLine = (world: World, invoice: Stripe.Invoice, line: NewLine): Stripe.InvoiceLineItem => {
  const lines = (world.state.lines[invoice.id] ??= [])
  if (lines.length >= MOST_LINES) {
    throw refuse(`You can only have up to ${MOST_LINES} line items on an invoice.`, { param: 'lines' })
  }
  if (!Number.isInteger(line.amount)) throw refuse(`Invalid integer: ${line.amount}`, { param: 'amount' })
  if (Math.abs(line.amount) > MOST_AMOUNT) throw tooLarge()
  const kept: Stripe.InvoiceLineItem = {
    id: world.id('line_item'),
    object: 'line_item',
    amount: line.amount,
    currency: invoice.currency,
    description: line.description,
    discount_amounts: [],
    discountable: line.amount > 0,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: line.metadata,
    parent:
      'item' in line.from
        ? {
            invoice_item_details: null,
            subscription_item_details: {
              invoice_item: null,
              proration: false,
              proration_details: { credited_items: null },
              subscription: line.from.subscription,
              subscription_item: line.from.item,
            },
            type: 'subscription_item_details',
          }
        : {
            invoice_item_details: {
              invoice_item: line.from.invoiceItem,
              proration: false,
              proration_details: { credited_items: null },
              subscription: line.from.subscription,
            },
            subscription_item_details: null,
            type: 'invoice_item_details',
          },
    period: line.period,
    pretax_credit_amounts: [],
    pricing: line.price
      ? {
          price_details: { price: line.price.id, product: String(line.price.product) },
          type: 'price_details',
          unit_amount_decimal: line.price.unit_amount_decimal,
        }
      : { type: 'price_details', unit_amount_decimal: decimal(String(line.amount)) },
    quantity: line.quantity,
    quantity_decimal: decimal(String(line.quantity)),
    subscription: line.from.subscription,
    subtotal: line.amount,
    taxes: [],
  }
  world.add('line_item', kept)
  lines.push(kept.id)
  return kept
}

const tooLarge = () => refuse('Amount must be no more than €999,999.99', { code: 'amount_too_large', param: 'amount' })

/** The lines of `add_lines`. All of them are taken or none. */
export const addLines = (world: World, invoice: Stripe.Invoice, given: Params[]) => {
  const before = [...(world.state.lines[invoice.id] ?? [])]
  try {
    for (const line of given) {
      const amount = numberOf(line['amount'])
      if (amount === undefined) throw refuse('Missing required param: lines[0][amount].', { param: 'lines[0][amount]' })
      const { start, end } = partOf(line['period'])
      const period = { start: numberOf(start) ?? world.now(), end: numberOf(end) ?? world.now() }
      if (period.end < period.start) throw refuse('Invalid period: end is before start', { param: 'lines[0][period]' })
      addLine(world, invoice, {
        amount,
        description: textOf(line['description']) ?? null,
        period,
        metadata: metadataOf(line['metadata']),
        quantity: numberOf(line['quantity']) ?? 1,
        from: { invoiceItem: world.id('invoiceitem'), subscription: null },
      })
    }
    sumUp(world, invoice)
  } catch (error) {
    world.state.lines[invoice.id] = before
    sumUp(world, invoice)
    throw error
  }
}

/** Takes lines off a draft; the price lines of a subscription stay. */
export const removeLines = (world: World, invoice: Stripe.Invoice, given: Params[]) => {
  const gone = new Set(given.map((line) => textOf(line['id'])))
  world.state.lines[invoice.id] = (world.state.lines[invoice.id] ?? []).filter((id) => !gone.has(id))
  sumUp(world, invoice)
}

/** The rate Stripe Tax would find for a country, as an object of its own. */
const taxRateFor = (world: World, country: string, reverse: boolean): Stripe.TaxRate => {
  const percentage = reverse ? 0 : (world.state.tax.percents[country] ?? 0)
  const known = world
    .all('tax_rate')
    .find((r) => r.country === country && r.percentage === percentage && r.inclusive === false)
  if (known) return known
  return world.add('tax_rate', {
    id: world.id('tax_rate'),
    object: 'tax_rate',
    active: true,
    country,
    created: world.now(),
    description: null,
    display_name: 'VAT',
    effective_percentage: percentage,
    flat_amount: null,
    inclusive: false,
    jurisdiction: country,
    jurisdiction_level: 'country',
    livemode: false,
    metadata: {},
    percentage,
    rate_type: 'percentage',
    state: null,
    tax_type: 'vat',
  })
}

const taxLines = (world: World, invoice: Stripe.Invoice, lines: Stripe.InvoiceLineItem[]) => {
  for (const line of lines) line.taxes = []
  invoice.total_taxes = []
  if (!invoice.automatic_tax.enabled || lines.length === 0) return
  const country = invoice.customer_address?.country
  if (!country) {
    invoice.automatic_tax.status = 'requires_location_inputs'
    return
  }
  invoice.automatic_tax.status = 'complete'
  const abroad = country !== world.state.tax.headOffice
  const isBusiness = world.all('tax_id').some((one) => one.customer === invoice.customer && one.type === 'eu_vat')
  const reverse = abroad && (invoice.customer_tax_exempt === 'reverse' || isBusiness)
  const exempt = invoice.customer_tax_exempt === 'exempt'
  const rate = taxRateFor(world, country, reverse || exempt)
  const reason = reverse ? 'reverse_charge' : exempt ? 'customer_exempt' : 'standard_rated'
  const base = {
    tax_behavior: 'exclusive',
    tax_rate_details: { tax_rate: rate.id },
    taxability_reason: reason,
  } as const
  for (const line of lines) {
    const amount = Math.sign(line.amount) * Math.round((Math.abs(line.amount) * rate.percentage) / 100)
    line.taxes = [{ ...base, amount, taxable_amount: line.amount, type: 'tax_rate_details' }]
  }
  const taxable = lines.reduce((sum, line) => sum + line.amount, 0)
  const amount = lines.reduce((sum, line) => sum + (line.taxes?.[0]?.amount ?? 0), 0)
  invoice.total_taxes = [{ ...base, amount, taxable_amount: taxable, type: 'tax_rate_details' }]
}

/** Sums of a draft from its lines. */
export const sumUp = (world: World, invoice: Stripe.Invoice) => {
  const lines = linesOf(world, invoice.id)
  taxLines(world, invoice, lines)
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0)
  const tax = (invoice.total_taxes ?? []).reduce((sum, one) => sum + one.amount, 0)
  if (Math.abs(subtotal + tax) > MOST_AMOUNT) throw tooLarge()
  invoice.subtotal = subtotal
  invoice.subtotal_excluding_tax = subtotal
  invoice.total_excluding_tax = subtotal
  invoice.total = subtotal + tax
  invoice.amount_due = Math.max(0, invoice.total)
  invoice.amount_remaining = invoice.amount_due
}

/** @throws Refusal for what is done to a finalized invoice */
export const mustBeDraft = (invoice: Stripe.Invoice) => {
  if (invoice.status === 'draft') return
  const message = `Finalized invoices can't be updated in this way (${invoice.id} is ${invoice.status})`
  throw new Refusal(400, { type: 'invalid_request_error', code: 'invoice_not_editable', message })
}
