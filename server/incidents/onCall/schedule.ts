import { z } from 'zod'
import { dayOf, instantOf, isTimeZone, localAt, minuteOf, weekdayOf, type Day } from './zoned.ts'

const day = z.string().refine((text) => dayOf(text) !== undefined, 'a day such as 2026-11-23')
const clock = z.string().refine((text) => minuteOf(text) !== undefined, 'a time such as 09:00')

/** People take turns. Where layers overlap the later one wins; where it has nobody the one before it does. */
export const layerSchema = z.object({
  name: z.string().trim().min(1, 'give it a name').max(60),
  /** Users' ids in the order of their turns. */
  users: z.array(z.string().min(1).max(64)).min(1, 'name at least one person').max(50),
  unit: z.enum(['day', 'week']),
  /** How many days or weeks a turn lasts. */
  every: z.number().int().min(1).max(52),
  /** The first turn begins on that day; every turn at that time, as clocks in the zone show it. */
  startsOn: day,
  handoverAt: clock,
  /** Only then, on days that begin so; `until` not after `from` is of the next day. Empty is always. */
  hours: z
    .array(
      z.object({
        days: z.array(z.number().int().min(1).max(7)).min(1, 'choose days').max(7),
        from: clock,
        until: clock,
      }),
    )
    .max(14)
    .default([]),
})
export type Layer = z.infer<typeof layerSchema>

export const scheduleSchema = z.object({
  timeZone: z.string().max(64).refine(isTimeZone, 'a time zone such as Europe/Amsterdam'),
  layers: z.array(layerSchema).max(10),
})
export type Schedule = z.infer<typeof scheduleSchema>

/** Somebody takes `[from, until)`, whatever the turns say; of two the one made later wins. */
export type Override = { userId: string; from: Date; until: Date }

/** Half-open. `userId` null: nobody is on call. `layer` null: an override. */
export type Shift = { from: Date; until: Date; userId: string | null; layer: string | null }

type On = { userId: string; layer: string | null } | null

const stepOf = ({ unit, every }: Layer) => (unit === 'week' ? 7 : 1) * every

/** When the nth turn begins. */
const turnStart = (timeZone: string, layer: Layer, n: number): Date =>
  instantOf(timeZone, dayOf(layer.startsOn)! + n * stepOf(layer), minuteOf(layer.handoverAt)!)

/** Which turn that instant is in; below 0 the layer has not begun. */
const turnAt = (timeZone: string, layer: Layer, at: Date): number => {
  const { day: today } = localAt(timeZone, at)
  // The day names the turn but for the hours around its handover.
  let n = Math.floor((today - dayOf(layer.startsOn)!) / stepOf(layer))
  while (turnStart(timeZone, layer, n) > at) n--
  while (turnStart(timeZone, layer, n + 1) <= at) n++
  return n
}

/** A span of hours that begins on that day. */
const spanOn = (timeZone: string, of: Layer['hours'][number], begins: Day): { from: Date; until: Date } | undefined => {
  if (!of.days.includes(weekdayOf(begins))) return undefined
  const [from, until] = [minuteOf(of.from)!, minuteOf(of.until)!]
  const ends = until > from ? begins : begins + 1
  return { from: instantOf(timeZone, begins, from), until: instantOf(timeZone, ends, until) }
}

const isWithinHours = (timeZone: string, layer: Layer, at: Date): boolean => {
  if (layer.hours.length === 0) return true
  const { day: today } = localAt(timeZone, at)
  return layer.hours.some((of) =>
    [today - 1, today].some((begins) => {
      const span = spanOn(timeZone, of, begins)
      return span !== undefined && span.from <= at && at < span.until
    }),
  )
}

const onAt = (schedule: Schedule, overrides: readonly Override[], at: Date): On => {
  const taken = overrides.findLast(({ from, until }) => from <= at && at < until)
  if (taken) return { userId: taken.userId, layer: null }
  for (const layer of schedule.layers.toReversed()) {
    const n = turnAt(schedule.timeZone, layer, at)
    if (n >= 0 && isWithinHours(schedule.timeZone, layer, at))
      return { userId: layer.users[n % layer.users.length]!, layer: layer.name }
  }
  return null
}

/** Who is on call at that instant; null is nobody. */
export const onCallAt = (schedule: Schedule, overrides: readonly Override[], at: Date): string | null =>
  onAt(schedule, overrides, at)?.userId ?? null

/** All instants in `(from, until)` at which it may change who is on call. */
const boundaries = (schedule: Schedule, overrides: readonly Override[], from: Date, until: Date): Date[] => {
  const { timeZone } = schedule
  const found: Date[] = overrides.flatMap((one) => [one.from, one.until])
  for (const layer of schedule.layers) {
    const first = Math.max(0, turnAt(timeZone, layer, from))
    for (let n = first, at = turnStart(timeZone, layer, n); at < until; at = turnStart(timeZone, layer, ++n))
      found.push(at)
    const last = localAt(timeZone, until).day + 1
    for (let day = localAt(timeZone, from).day - 1; layer.hours.length > 0 && day <= last; day++)
      for (const of of layer.hours) {
        const span = spanOn(timeZone, of, day)
        if (span) found.push(span.from, span.until)
      }
  }
  const inside = found.map((at) => at.getTime()).filter((ms) => ms > from.getTime() && ms < until.getTime())
  return [...new Set(inside)].toSorted((a, b) => a - b).map((ms) => new Date(ms))
}

/** Who is on call when, without gaps or overlaps over `[from, until)`; neighbours differ. */
export const shiftsBetween = (
  schedule: Schedule,
  overrides: readonly Override[],
  { from, until }: { from: Date; until: Date },
): Shift[] => {
  if (from >= until) return []
  const shifts: Shift[] = []
  for (const at of [from, ...boundaries(schedule, overrides, from, until)]) {
    const on = onAt(schedule, overrides, at)
    const last = shifts.at(-1)
    const next: Shift = { from: at, until, userId: on?.userId ?? null, layer: on?.layer ?? null }
    if (last && last.userId === next.userId && last.layer === next.layer) continue
    if (last) last.until = at
    shifts.push(next)
  }
  return shifts
}
