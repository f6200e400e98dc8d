/** Amounts a whole hour of one meter, oldest first; the first is of `fromHour` (hours since 1970, UTC). */
export type History = { fromHour: number; amounts: readonly number[] }
/** What is expected to be used, and the range it stays in nine times out of ten. An estimate: plain numbers. */
export type Outlook = { low: number; mid: number; high: number }

/** How likely the range holds what comes, in percent. */
export const LIKELY_PERCENT = 90
/** 1.645 standard deviations hold 90 %; a fifth more because level, gain and profile are found in the same few days. */
const SPREAD = 2
const DAY = 24
/** How much of a day's surprise is believed to last; the one that would have foretold the past days best is taken. */
const GAINS = [0.7, 0.5, 0.35, 0.2, 0.1] as const
const FEW_DAYS = 5
const GAIN_OF_FEW = 0.5
/** Of a few days nothing can be said about how they vary: so much of a day, as a share of it. */
const VARIES_OF_FEW = 0.3

const sum = (of: readonly number[]) => of.reduce((a, b) => a + b, 0)
const mean = (of: readonly number[]) => sum(of) / of.length
const median = (of: readonly number[]): number => {
  const sorted = of.toSorted((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? (sorted[half] ?? 0) : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}
/** Scaled so that their mean is 1; of nothing, all 1. */
const levelled = (factors: readonly number[]): number[] => {
  const middle = mean(factors)
  return middle > 0 ? factors.map((factor) => factor / middle) : factors.map(() => 1)
}

/** Without what lies before the first use, nor its first hour, which is rarely a whole one. */
const begun = ({ fromHour, amounts }: History): History => {
  const first = amounts.findIndex((amount) => amount > 0)
  if (first === -1) return { fromHour, amounts: [] }
  const skip = amounts.length - first > 1 && first > 0 ? first + 1 : first
  return { fromHour: fromHour + skip, amounts: amounts.slice(skip) }
}

/**
 * How an hour relates to its day, and a weekday to its week: medians over the whole UTC days, so that one odd day or a
 * step in the level leaves them alone. Hours of the day are known from three days on, weekdays from three weeks on.
 */
const profileOf = ({ fromHour, amounts }: History): ((hour: number) => number) => {
  const firstDay = Math.ceil(fromHour / DAY)
  const days = Math.max(0, Math.floor((fromHour + amounts.length) / DAY) - firstDay)
  const dayOf = (day: number) => amounts.slice((firstDay + day) * DAY - fromHour, (firstDay + day + 1) * DAY - fromHour)
  const all = Array.from({ length: days }, (_, day) => dayOf(day))
  const means = all.map(mean)
  const used = all.flatMap((day, index) => (means[index]! > 0 ? [{ day, middle: means[index]! }] : []))
  const hours =
    used.length < 3
      ? Array.from({ length: DAY }, () => 1)
      : levelled(Array.from({ length: DAY }, (_, hour) => median(used.map(({ day, middle }) => day[hour]! / middle))))
  const ratios = Array.from({ length: 7 }, (): number[] => [])
  for (let day = 3; day < days - 3; day++) {
    const week = mean(means.slice(day - 3, day + 4))
    if (week > 0) ratios[(firstDay + day) % 7]!.push(means[day]! / week)
  }
  const weekdays = days < 21 ? ratios.map(() => 1) : weekdaysOf(ratios)
  return (hour) => hours[hour % DAY]! * weekdays[Math.floor(hour / DAY) % 7]!
}

/** The weekdays' factors, drawn towards 1 as far as weeks differ among themselves: chance must not become a pattern. */
const weekdaysOf = (ratios: readonly (readonly number[])[]): number[] => {
  const factors = ratios.map((of) => (of.length > 0 ? median(of) : 1))
  const between = mean(factors.map((factor) => (factor - 1) ** 2))
  const within = (1.4826 * median(ratios.flatMap((of, day) => of.map((ratio) => Math.abs(ratio - factors[day]!))))) ** 2
  const weeks = mean(ratios.map((of) => of.length))
  const kept = between > 0 ? Math.max(0, 1 - (2 * within) / (weeks * between)) : 0
  return levelled(factors.map((factor) => 1 + kept * (factor - 1)))
}

/** The level of each run of 24 h, oldest first, counted back from the newest hour; of less than a day, of all of it. */
const levelsOf = ({ fromHour, amounts }: History, profile: (hour: number) => number): number[] => {
  const runs = Math.max(1, Math.floor(amounts.length / DAY))
  const length = amounts.length < DAY ? amounts.length : DAY
  return Array.from({ length: runs }, (_, run) => {
    const from = amounts.length - (runs - run) * length
    const hours = Array.from({ length }, (__, i) => from + i)
    const weight = sum(hours.map((i) => profile(fromHour + i)))
    return weight > 0 ? sum(hours.map((i) => amounts[i]!)) / weight : 0
  })
}

/** Follows the levels with a gain: where it ends, and by what share each day surprised it. */
const follow = (levels: readonly number[], gain: number) => {
  let level = levels[0] ?? 0
  const surprises: number[] = []
  for (const next of levels.slice(1)) {
    if (level > 0) surprises.push((next - level) / level)
    level += gain * (next - level)
  }
  return { gain, level, surprises: surprises.map(Math.abs) }
}

const followed = (levels: readonly number[]) => {
  const few = follow(levels, GAIN_OF_FEW)
  if (few.surprises.length < FEW_DAYS) return { ...few, varies: VARIES_OF_FEW }
  const tried = GAINS.map((gain) => follow(levels, gain))
  const best = tried.reduce((a, b) => (mean(b.surprises) < mean(a.surprises) * 0.999 ? b : a))
  // The median takes a step in the level for what it is, once; 1.4826 makes it a standard deviation.
  return { ...best, varies: 1.4826 * median(best.surprises) }
}

/** Variance of the sum of so many days, in squares of one day's: a surprise of today lasts by the gain. */
const growth = (days: number, gain: number): number =>
  days <= 1 ? days : days + gain * days * (days - 1) + (gain * gain * (days - 1) * days * (2 * days - 1)) / 6

/**
 * What will be used from the end of the history until each of `untilHours`: the newest level times the profile of hours
 * and weekdays (exponential smoothing of daily levels). Constant use is continued exactly, and a step in the level is
 * followed within days. The range holds what comes with a likelihood of 90 %.
 */
export const outlook = (history: History, untilHours: readonly number[]): Outlook[] => {
  const known = begun(history)
  const endHour = history.fromHour + history.amounts.length
  if (known.amounts.length === 0) return untilHours.map(() => ({ low: 0, mid: 0, high: 0 }))
  const profile = profileOf(known)
  const { level, gain, varies } = followed(levelsOf(known, profile))
  let weight = 0
  let hour = endHour
  const weights = new Map([[endHour, 0]])
  for (const until of untilHours.toSorted((a, b) => a - b)) {
    for (; hour < until; hour++) weight += profile(hour)
    weights.set(until, weight)
  }
  return untilHours.map((until) => {
    const days = (until - endHour) / DAY
    if (days <= 0) return { low: 0, mid: 0, high: 0 }
    const mid = level * weights.get(until)!
    const half = SPREAD * varies * (mid / days) * Math.sqrt(growth(days, gain))
    return { low: Math.max(0, mid - half), mid, high: mid + half }
  })
}
