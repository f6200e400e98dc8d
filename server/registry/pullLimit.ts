/** Docker's own window: https://docs.docker.com/docker-hub/usage/pulls/ */
export const WINDOW_SECONDS = 6 * 3_600
const MOST_KEYS = 100_000

export type Allowance = { limit: number; remaining: number; isOver: boolean; retryAfterSeconds: number }

/** So many pulls in six hours by address (of strangers) or by who signed in. In memory: each process counts for itself. */
export class PullLimit {
  readonly #windows = new Map<string, { startMs: number; used: number }>()

  /** What is left for a key; with `take`, one less. */
  see(key: string, limit: number, take: boolean, nowMs: number): Allowance {
    const known = this.#windows.get(key)
    const window = known && nowMs - known.startMs < WINDOW_SECONDS * 1000 ? known : { startMs: nowMs, used: 0 }
    const isOver = window.used >= limit
    if (take && !isOver) window.used++
    this.#windows.delete(key)
    this.#windows.set(key, window)
    const [oldest] = this.#windows.size > MOST_KEYS ? this.#windows.keys() : []
    if (oldest !== undefined) this.#windows.delete(oldest)
    const retryAfterSeconds = Math.ceil((window.startMs + WINDOW_SECONDS * 1000 - nowMs) / 1000)
    return { limit, remaining: Math.max(0, limit - window.used), isOver, retryAfterSeconds }
  }
}

/** The headers the Docker client knows: `100;w=21600`. */
export const allowanceHeaders = ({ limit, remaining }: Allowance): Record<string, string> => ({
  'ratelimit-limit': `${limit};w=${WINDOW_SECONDS}`,
  'ratelimit-remaining': `${remaining};w=${WINDOW_SECONDS}`,
})

/** One key for what one stranger can easily have: an IPv4 address, a /64 of IPv6. */
export const addressKey = (ip: string): string => (ip.includes(':') ? ip.split(':').slice(0, 4).join(':') : ip)
