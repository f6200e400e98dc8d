import type Stripe from 'stripe'
import type { Params } from './form.ts'
import { flagOf, metadataOf, numberOf, partOf, textOf } from './read.ts'
import { refuse } from './world.ts'
import type { World } from './world.ts'

/** Stripe takes amounts of at most eight digits. */
export const MOST_AMOUNT = 99_999_999

export const createProduct = (world: World, params: Params): Stripe.Product => {
  const id = textOf(params['id']) ?? world.id('product')
  if (world.find('product', id))
    throw refuse(`Product already exists.`, { code: 'resource_already_exists', param: 'id' })
  const product: Stripe.Product = {
    id,
    object: 'product',
    active: flagOf(params['active']) ?? true,
    created: world.now(),
    default_price: null,
    description: textOf(params['description']) ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: metadataOf(params['metadata']),
    name: textOf(params['name']) ?? '',
    package_dimensions: null,
    shippable: null,
    tax_code: textOf(params['tax_code']) ?? null,
    tax_details: null,
    type: 'service',
    unit_label: textOf(params['unit_label']) ?? null,
    updated: world.now(),
    url: null,
  }
  world.add('product', product)
  world.emit('product.created', product)
  return product
}

export const createPrice = (world: World, params: Params): Stripe.Price => {
  const unit = numberOf(params['unit_amount'])
  const exact = textOf(params['unit_amount_decimal'])
  if ((unit === undefined) === (exact === undefined)) {
    throw refuse('You must specify one of unit_amount, unit_amount_decimal.', { param: 'unit_amount' })
  }
  const amount = unit ?? Number(exact)
  if (amount < 0 || amount > MOST_AMOUNT)
    throw refuse('Invalid unit_amount', { code: 'amount_too_large', param: 'unit_amount' })
  const product = world.get('product', params['product'], 'product')
  const key = textOf(params['lookup_key']) ?? null
  if (key && world.all('price').some((price) => price.lookup_key === key)) {
    throw refuse(`A price already uses that lookup key (${key}).`, { param: 'lookup_key' })
  }
  const recurring = params['recurring'] === undefined ? null : partOf(params['recurring'])
  const price: Stripe.Price = {
    id: world.id('price'),
    object: 'price',
    active: flagOf(params['active']) ?? true,
    billing_scheme: 'per_unit',
    created: world.now(),
    currency: textOf(params['currency']) ?? '',
    custom_unit_amount: null,
    livemode: false,
    lookup_key: key,
    metadata: metadataOf(params['metadata']),
    nickname: textOf(params['nickname']) ?? null,
    product: product.id,
    recurring: recurring && {
      interval: (textOf(recurring['interval']) ?? 'month') as Stripe.Price.Recurring.Interval,
      interval_count: numberOf(recurring['interval_count']) ?? 1,
      meter: null,
      trial_period_days: null,
      usage_type: 'licensed',
    },
    tax_behavior: (textOf(params['tax_behavior']) ?? 'exclusive') as Stripe.Price.TaxBehavior,
    tiers_mode: null,
    transform_quantity: null,
    type: recurring ? 'recurring' : 'one_time',
    unit_amount: unit ?? null,
    unit_amount_decimal: decimal(exact ?? String(unit)),
  }
  world.add('price', price)
  world.emit('price.created', price)
  return price
}

/** Decimals travel as text; the SDK makes its Decimal of them. */
export const decimal = (text: string) => text as unknown as Stripe.Decimal

export const updatePrice = (world: World, id: string, params: Params): Stripe.Price => {
  const price = world.get('price', id)
  price.active = flagOf(params['active']) ?? price.active
  price.nickname = textOf(params['nickname']) ?? price.nickname
  price.metadata = metadataOf(params['metadata'], price.metadata)
  world.emit('price.updated', price)
  return price
}

export const updateProduct = (world: World, id: string, params: Params): Stripe.Product => {
  const product = world.get('product', id)
  product.active = flagOf(params['active']) ?? product.active
  product.name = textOf(params['name']) ?? product.name
  product.metadata = metadataOf(params['metadata'], product.metadata)
  product.updated = world.now()
  world.emit('product.updated', product)
  return product
}
