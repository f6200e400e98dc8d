import { DomainError } from '../errors.ts'

const WAIT_MS = 30_000

/**
 * Lets requests through to the registry, or has them wait while it must not be written, or is not there. Who waited too
 * long is asked to come again.
 */
export class Gate {
  readonly #inside = { read: 0, write: 0 }
  readonly #held = { read: false, write: false }
  #waiting: (() => void)[] = []
  #idle: (() => void)[] = []

  /** Resolves when the request may pass; the returned function tells that it is over. @throws UNAVAILABLE */
  async enter(kind: 'read' | 'write', waitMs = WAIT_MS): Promise<() => void> {
    const untilMs = Date.now() + waitMs
    while (this.#held[kind]) {
      const left = untilMs - Date.now()
      if (left <= 0)
        throw new DomainError('UNAVAILABLE', 'the registry collects garbage; try again', { retryAfterSeconds: 10 })
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    this.#inside[kind]++
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      this.#inside[kind]--
      for (const check of this.#idle.splice(0)) check()
    }
  }

  /** Holds what comes new and waits until what is inside is over; gives whether it is within `waitMs`. */
  async hold(kind: 'read' | 'write', waitMs: number): Promise<boolean> {
    this.#held[kind] = true
    const untilMs = Date.now() + waitMs
    while (this.#inside[kind] > 0) {
      const left = untilMs - Date.now()
      if (left <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#idle.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
    return true
  }

  isHeld(kind: 'read' | 'write'): boolean {
    return this.#held[kind]
  }

  release(): void {
    this.#held.read = false
    this.#held.write = false
    for (const go of this.#waiting.splice(0)) go()
  }
}
