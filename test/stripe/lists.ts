import type Stripe from 'stripe'
import type { Params } from './form.ts'
import { linesOf } from './invoiceLines.ts'
import { paymentsOf } from './payments.ts'
import { numberOf, partOf, textOf } from './read.ts'
import { refuse } from './world.ts'
import type { Kind, Kinds, World } from './world.ts'

const PAGING = new Set(['limit', 'starting_after', 'ending_before', 'expand', 'created'])

/** A page of objects, newest first. `by` says which parameter filters by what of an object. */
export const list = <K extends Kind>(
  world: World,
  kind: K,
  params: Params,
  by: Record<string, (object: Kinds[K]) => unknown>,
  more: (object: Kinds[K]) => boolean = () => true,
  among?: Kinds[K][],
): Stripe.ApiList<Kinds[K]> => {
  const limit = numberOf(params['limit']) ?? 10
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) {
    throw refuse('Invalid limit: must be between 1 and 100', { code: 'parameter_invalid_integer', param: 'limit' })
  }
  const filters = Object.entries(params).filter(([name]) => !PAGING.has(name))
  const unknown = filters.find(([name]) => !by[name])
  if (unknown) throw refuse(`The stand-in cannot filter ${kind} by ${unknown[0]}.`, { param: unknown[0] })
  const matches = (object: Kinds[K]) =>
    filters.every(([name, value]) => {
      const has = by[name]?.(object)
      return Array.isArray(value) ? value.includes(has as string) : has === value
    }) && inRange(params['created'], (object as { created?: number }).created ?? 0)
  // Lines keep their order; all else comes newest first.
  const ordered = (among ?? world.all(kind).toReversed()).filter((object) => matches(object) && more(object))
  const after = textOf(params['starting_after'])
  const before = textOf(params['ending_before'])
  if (before !== undefined) {
    const end = placeOf(ordered, before, 'ending_before')
    const data = ordered.slice(Math.max(0, end - limit), end)
    return { object: 'list', data, has_more: end > limit, url: `/v1/${kind}s` }
  }
  const start = after === undefined ? 0 : placeOf(ordered, after, 'starting_after') + 1
  const data = ordered.slice(start, start + limit)
  return { object: 'list', data, has_more: start + limit < ordered.length, url: `/v1/${kind}s` }
}

const placeOf = (objects: { id: string }[], id: string, param: string): number => {
  const place = objects.findIndex((object) => object.id === id)
  if (place < 0) throw refuse(`No such object: '${id}'`, { code: 'resource_missing', param })
  return place
}

const inRange = (given: Params[string] | undefined, created: number): boolean => {
  if (given === undefined) return true
  if (typeof given === 'number') return created === given
  const range = partOf(given)
  const limit = (name: string) => numberOf(range[name])
  const [gt, gte, lt, lte] = [limit('gt'), limit('gte'), limit('lt'), limit('lte')]
  return (
    (gt === undefined || created > gt) &&
    (gte === undefined || created >= gte) &&
    (lt === undefined || created < lt) &&
    (lte === undefined || created <= lte)
  )
}

const KINDS_BY_PREFIX: Record<string, Kind> = {
  ch: 'charge',
  cn: 'credit_note',
  cus: 'customer',
  du: 'dispute',
  in: 'invoice',
  inpay: 'invoice_payment',
  pi: 'payment_intent',
  pm: 'payment_method',
  price: 'price',
  prod: 'product',
  re: 'refund',
  seti: 'setup_intent',
  sub: 'subscription',
}

/** An object as it is answered: an invoice shows its first ten lines. */
const shown = (world: World, object: object): Record<string, unknown> => {
  const copy = structuredClone(object) as Record<string, unknown>
  if (copy['object'] === 'list') {
    copy['data'] = (object as { data: object[] }).data.map((one) => shown(world, one))
  }
  if (copy['object'] === 'invoice' && !copy['deleted']) {
    const all = linesOf(world, String(copy['id']))
    copy['lines'] = { ...(copy['lines'] as object), data: structuredClone(all.slice(0, 10)), has_more: all.length > 10 }
  }
  return copy
}

/** An answer with ids replaced by objects where `expand` asks for it. @throws Refusal where a path leads nowhere */
export const answered = (world: World, object: object, expand: string[]): Record<string, unknown> => {
  const answer = shown(world, object)
  for (const path of expand) {
    if (path.split('.').length > 4) throw refuse('You cannot expand more than 4 levels', { param: 'expand' })
    open(world, answer, path.split('.'), path)
  }
  return answer
}

const open = (world: World, at: unknown, [name = '', ...rest]: string[], path: string): void => {
  if (Array.isArray(at)) {
    for (const one of at) open(world, one, [name, ...rest], path)
    return
  }
  if (at === null || typeof at !== 'object') return
  const holder = at as Record<string, unknown>
  if (holder['object'] === 'invoice' && name === 'payments') {
    const data = structuredClone(paymentsOf(world, String(holder['id'])))
    holder['payments'] = { object: 'list', data, has_more: false, url: '/v1/invoice_payments' }
  } else if (holder['object'] === 'invoice' && name === 'confirmation_secret') {
    const [payment] = paymentsOf(world, String(holder['id']))
    const intent = world.find('payment_intent', payment?.payment.payment_intent)
    holder['confirmation_secret'] = intent ? { client_secret: intent.client_secret, type: 'payment_intent' } : null
  } else if (!(name in holder)) {
    throw refuse(`This property cannot be expanded (${path}).`, { param: 'expand' })
  }
  const value = holder[name]
  const kind = typeof value === 'string' ? KINDS_BY_PREFIX[value.split('_')[0] ?? ''] : undefined
  const found = kind && world.find(kind, value)
  if (found) holder[name] = shown(world, found)
  if (rest.length > 0) open(world, holder[name], rest, path)
}
