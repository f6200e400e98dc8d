/**
 * How fast something is used: a base that swings with the day, the week and faster ripples (shares of the base, together
 * at most 1), bursts, and a growth a second. A rate that is a function of time alone has a total in closed form, so a
 * simulated machine needs no memory and history can be made by the database.
 */
export type Wave = { base: number; day?: number; week?: number; ripple?: number; burst?: number; growth?: number }

/** When a container's waves crest and its bursts come; shared by its meters. */
export type Rhythm = {
  dayPhase: number
  weekPhase: number
  ripplePhase: number
  burstEveryS: number
  burstForS: number
  burstAtS: number
}

const DAY = (2 * Math.PI) / 86_400
const WEEK = (2 * Math.PI) / 604_800
const RIPPLE = (2 * Math.PI) / 1_020
const FAST = (2 * Math.PI) / 410

const positive = (x: number, by: number) => x - Math.floor(x / by) * by

/** Seconds of bursts from the first one's beginning on. */
const burstSeconds = (rhythm: Rhythm, atS: number): number => {
  const since = atS - rhythm.burstAtS
  const every = rhythm.burstEveryS
  return Math.floor(since / every) * rhythm.burstForS + Math.min(positive(since, every), rhythm.burstForS)
}

/** The rate at `atS` (seconds since 1970) of what began at `fromS`. */
export const rateAt = (wave: Wave, rhythm: Rhythm, fromS: number, atS: number): number => {
  const { base, day = 0, week = 0, ripple = 0, burst = 0, growth = 0 } = wave
  const swing =
    1 +
    day * Math.sin(DAY * atS + rhythm.dayPhase) +
    week * Math.sin(WEEK * atS + rhythm.weekPhase) +
    ripple * (0.6 * Math.sin(RIPPLE * atS + rhythm.ripplePhase) + 0.4 * Math.sin(FAST * atS + rhythm.ripplePhase))
  const bursting = positive(atS - rhythm.burstAtS, rhythm.burstEveryS) < rhythm.burstForS
  return base * swing + (bursting ? burst : 0) + growth * (atS - fromS)
}

/** What was used from `fromS` to `atS`: the integral of `rateAt`. Never falls where the rate is never negative. */
export const totalAt = (wave: Wave, rhythm: Rhythm, fromS: number, atS: number): number => {
  const { base, day = 0, week = 0, ripple = 0, burst = 0, growth = 0 } = wave
  const part = (frequency: number, phase: number) =>
    (Math.cos(frequency * fromS + phase) - Math.cos(frequency * atS + phase)) / frequency
  const seconds = atS - fromS
  const swung =
    seconds +
    day * part(DAY, rhythm.dayPhase) +
    week * part(WEEK, rhythm.weekPhase) +
    ripple * (0.6 * part(RIPPLE, rhythm.ripplePhase) + 0.4 * part(FAST, rhythm.ripplePhase))
  return base * swung + burst * (burstSeconds(rhythm, atS) - burstSeconds(rhythm, fromS)) + (growth * seconds ** 2) / 2
}
