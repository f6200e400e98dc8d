import { Stripe } from 'stripe'
import { DomainError } from '../../errors.ts'

/** Whether trying the same call again may succeed: Stripe was away, slow or busy, and may or may not have acted. */
export const isPassing = (error: unknown): boolean => {
  if (error instanceof Stripe.errors.StripeIdempotencyError) return error.statusCode === 409
  if (!(error instanceof Stripe.errors.StripeError)) return false
  return (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAPIError ||
    error.statusCode === 409 ||
    error.statusCode === 429 ||
    (error.statusCode ?? 500) >= 500
  )
}

/** Whether Stripe says that there is no such object. */
export const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError && (error.statusCode === 404 || error.code === 'resource_missing')

/** What Stripe said, for people. It never holds the key. */
export const wordsOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  const code = error instanceof Stripe.errors.StripeError ? (error.code ?? error.type) : ''
  return `${code ? `${code}: ` : ''}${text}`.slice(0, 500)
}

/** Stripe's errors in our words, for what a person waits for. */
export const translated = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (isPassing(error))
      throw new DomainError('UNAVAILABLE', 'Stripe does not answer now; try again', { cause: error })
    if (error instanceof Stripe.errors.StripeError)
      throw new DomainError('UNPROCESSABLE', `Stripe refused: ${wordsOf(error)}`, { cause: error })
    throw error
  }
}
