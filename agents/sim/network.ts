import type { HttpAnswer, Transport } from '#agents/host/http.ts'
import type { Clockwork } from './clockwork.ts'
import { between, chance, type Random } from './random.ts'

/** How bad a network is: shares of requests, and milliseconds a way. */
export type Weather = {
  dropRequest: number
  dropAnswer: number
  duplicate: number
  /** How late the copy of a duplicate may come. */
  mostLateMs: number
  leastDelayMs: number
  mostDelayMs: number
}

export const FAIR: Weather = {
  dropRequest: 0,
  dropAnswer: 0,
  duplicate: 0,
  mostLateMs: 0,
  leastDelayMs: 0,
  mostDelayMs: 0,
}

/**
 * A network between an agent and `server` that loses, repeats, delays and so reorders what passes, as seeded. While
 * `isCut` nothing passes at all. A request that is lost fails after its own timeout.
 */
export const network = (options: {
  server: Transport
  weather: Weather
  random: Random
  time: Clockwork
  isCut: () => boolean
}): Transport => {
  const { server, weather, random, time, isCut } = options
  const delay = () => between(random, weather.leastDelayMs, weather.mostDelayMs)
  return (request) =>
    new Promise<HttpAnswer>((resolve, reject) => {
      const cancel = time.after(request.timeoutMs, () => reject(new Error(`no answer within ${request.timeoutMs} ms`)))
      const answered = (answer: HttpAnswer) => {
        cancel()
        resolve(answer)
      }
      // Drawn at once, so that what one request meets does not hang on how another fares.
      const [there, back, lostThere, lostBack, doubled, lateMs] = [
        delay(),
        delay(),
        chance(random, weather.dropRequest),
        chance(random, weather.dropAnswer),
        chance(random, weather.duplicate),
        random() * weather.mostLateMs,
      ]
      const arrive = (deliver: (answer: HttpAnswer) => void) => {
        if (isCut()) return
        server(request).then(
          (answer) => {
            if (!lostBack) time.after(back, () => isCut() || deliver(answer))
          },
          () => {},
        )
      }
      if (isCut() || lostThere) return
      time.after(there, () => arrive(answered))
      if (doubled) time.after(there + lateMs, () => arrive(() => {}))
    })
}
