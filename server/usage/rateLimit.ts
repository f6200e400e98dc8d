/** Beyond this the bucket longest unused is forgotten: a stranger who names many keys costs no more memory. */
const MOST_KEYS = 100_000

/** A bucket a key: `burst` at once, then `perSecond`. In memory: each process limits for itself. */
export class RateLimit {
  readonly #perSecond: number
  readonly #burst: number
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor({ perSecond, burst }: { perSecond: number; burst: number }) {
    this.#perSecond = perSecond
    this.#burst = burst
  }

  /** Takes one; gives 0, or the whole seconds to wait where there is none. */
  take(key: string, nowMs: number): number {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, atMs: nowMs }
    const tokens = Math.min(this.#burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * this.#perSecond)
    // Set anew, so that the map's order is that of last use.
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    const [oldest] = this.#buckets.size > MOST_KEYS ? this.#buckets.keys() : []
    if (oldest !== undefined) this.#buckets.delete(oldest)
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#perSecond)
  }
}
