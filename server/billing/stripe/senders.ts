import type Stripe from 'stripe'

/** What is kept of an answer. */
export type Done = { id?: string; status?: string; [more: string]: unknown }
type Options = { idempotencyKey: string }
type Named = { id: string }
type TaxId = Stripe.CustomerCreateTaxIdParams
type Sender<P> = (stripe: Stripe, params: P, options: Options) => Promise<Done>

const asDone = ({ id, status }: { id: string; status?: string | null }): Done => ({ id, ...(status ? { status } : {}) })

// Payloads are what these take, kept as JSON. Each says `metadata.wharf_key` where it makes something.
const SENDERS = {
  'customer.create': async (stripe, params: Stripe.CustomerCreateParams, options) =>
    asDone(await stripe.customers.create(params, options)),
  'customer.update': async (stripe, { id, ...params }: Named & Stripe.CustomerUpdateParams, options) =>
    asDone(await stripe.customers.update(id, params, options)),
  'customer.tax_id': async (stripe, { id, tax_id: wanted }: Named & { tax_id: TaxId | null }, options) => {
    // Stripe has no call that changes one: what is there and not wanted goes first, so that no old one counts.
    let there: Stripe.TaxId | undefined
    for (const one of (await stripe.customers.listTaxIds(id, { limit: 100 })).data)
      if (one.type === wanted?.type && one.value === wanted.value) there = one
      else await stripe.customers.deleteTaxId(id, one.id)
    if (!wanted) return { id }
    return asDone(there ? { id: there.id } : { id: (await stripe.customers.createTaxId(id, wanted, options)).id })
  },
  'customer.balance': async (
    stripe,
    { id, ...params }: Named & Stripe.CustomerCreateBalanceTransactionParams,
    options,
  ) => asDone(await stripe.customers.createBalanceTransaction(id, params, options)),
  'product.create': async (stripe, params: Stripe.ProductCreateParams, options) =>
    asDone(await stripe.products.create(params, options)),
  'price.create': async (stripe, params: Stripe.PriceCreateParams, options) =>
    asDone(await stripe.prices.create(params, options)),
  'subscription.create': async (stripe, params: Stripe.SubscriptionCreateParams, options) =>
    asDone(await stripe.subscriptions.create(params, options)),
  'subscription.update': async (stripe, { id, ...params }: Named & Stripe.SubscriptionUpdateParams, options) =>
    asDone(await stripe.subscriptions.update(id, params, options)),
  'subscription.cancel': async (stripe, { id }: Named, options) =>
    asDone(await stripe.subscriptions.cancel(id, {}, options)),
  'invoice.create': async (stripe, params: Stripe.InvoiceCreateParams, options) =>
    asDone(await stripe.invoices.create(params, options)),
  'invoice.update': async (stripe, { id, ...params }: Named & Stripe.InvoiceUpdateParams, options) =>
    asDone(await stripe.invoices.update(id, params, options)),
  'invoice.add_lines': async (stripe, { id, ...params }: Named & Stripe.InvoiceAddLinesParams, options) =>
    asDone(await stripe.invoices.addLines(id, params, options)),
  'invoice.finalize': async (stripe, { id, ...params }: Named & Stripe.InvoiceFinalizeInvoiceParams, options) =>
    asDone(await stripe.invoices.finalizeInvoice(id, params, options)),
  'invoice.delete': async (stripe, { id }: Named) => {
    // Stripe takes no key for it; gone is gone.
    await stripe.invoices.del(id)
    return { id }
  },
  'invoice.void': async (stripe, { id }: Named, options) => asDone(await stripe.invoices.voidInvoice(id, {}, options)),
  'invoice.uncollectible': async (stripe, { id }: Named, options) =>
    asDone(await stripe.invoices.markUncollectible(id, {}, options)),
  'invoice.pay': async (stripe, { id, ...params }: Named & Stripe.InvoicePayParams, options) =>
    asDone(await stripe.invoices.pay(id, params, options)),
  'credit_note.create': async (stripe, params: Stripe.CreditNoteCreateParams, options) =>
    asDone(await stripe.creditNotes.create(params, options)),
  'refund.create': async (stripe, params: Stripe.RefundCreateParams, options) =>
    asDone(await stripe.refunds.create(params, options)),
} satisfies { [kind: string]: Sender<never> }

export type Kind = keyof typeof SENDERS

/** Sends a call with its key. @throws StripeError */
export const send = (
  stripe: Stripe,
  kind: Kind,
  payload: object,
  { key, installation }: { key: string; installation: string },
): Promise<Done> => {
  // The kind decides what the payload is, which the compiler cannot see through the store.
  const sender = SENDERS[kind] as unknown as Sender<object>
  return sender(stripe, payload, { idempotencyKey: `wharf:${installation}:${key}` })
}

const withKey = async (
  objects: AsyncIterable<{ id: string; metadata: Stripe.Metadata | null }>,
  key: string,
): Promise<Done | undefined> => {
  for await (const object of objects) if (object.metadata?.['wharf_key'] === key) return { id: object.id }
  return undefined
}

/**
 * What a call made whose answer was lost more than a day ago, when Stripe no longer knows its key: found by the key that is
 * kept with the object. Undefined where it made nothing, or where making it again is harmless.
 */
export const foundBefore = async (
  stripe: Stripe,
  kind: Kind,
  payload: object,
  key: string,
): Promise<Done | undefined> => {
  const { customer, email, invoice, payment_intent, id } = payload as Record<string, string | undefined>
  const limit = 100
  switch (kind) {
    case 'customer.create':
      return withKey(stripe.customers.list({ limit, ...(email ? { email } : {}) }), key)
    case 'subscription.create':
      return withKey(stripe.subscriptions.list({ limit, customer: customer ?? '', status: 'all' }), key)
    case 'invoice.create':
      return withKey(stripe.invoices.list({ limit, customer: customer ?? '' }), key)
    case 'credit_note.create':
      return withKey(stripe.creditNotes.list({ limit, invoice: invoice ?? '' }), key)
    case 'refund.create':
      return withKey(stripe.refunds.list({ limit, payment_intent: payment_intent ?? '' }), key)
    case 'customer.balance':
      return withKey(stripe.customers.listBalanceTransactions(id ?? '', { limit }), key)
    default:
      return undefined
  }
}
