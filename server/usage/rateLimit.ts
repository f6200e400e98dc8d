const FORGET_MS = 10 * 60_000

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
    this.#buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    if (this.#buckets.size > 100_000) this.#forget(nowMs)
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#perSecond)
  }

  #forget(nowMs: number) {
    for (const [key, { atMs }] of this.#buckets) if (nowMs - atMs > FORGET_MS) this.#buckets.delete(key)
  }
}
