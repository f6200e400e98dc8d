import { epochId } from '#agents/protocol.ts'
import { HOUR_MS, MINUTE_MS } from '../time.ts'
import { minus, type Reading } from '../usage/hour.ts'
import type { BundleParts, ReadLife } from './bundle.ts'
import { check, type Check } from './check.ts'
import { billable, boundsBetween, NO_USE, opensAsDeclared, opensAsNamed, usedBetween, usedByApp } from './evidence.ts'
import type { LifeEvidence } from './evidence.ts'
import type { InvoiceInputs } from './invoiceInputs.ts'
import { ratedWindows } from './readInputs.ts'
import { BILLABLE_METERS, type BillableMeter, type Used } from './terms.ts'
import type { Readings } from './verifyReports.ts'

/**
 * What the reports prove of an app (of all: null) and meter in a window of hours; null where no evidence is for it. `onWord`
 * is how much of it at most is the control plane's word, as reports that name others' containers are withheld.
 */
export type ProvenIn = (
  window: { fromHour: number; untilHour: number },
  app: string | null,
  meter: BillableMeter,
) => { amount: bigint; lives: number; onWord: bigint; agrees: boolean } | null

const lifeOf = ({ used, ...life }: ReadLife): LifeEvidence => ({ ...life, used: used.map(BigInt) }) as LifeEvidence

/** Within this after it began a life has its first reading; one that began earlier has one before the window. */
const FIRST_READING_MS = HOUR_MS

/** Totals only grow: a reading lies between those before and after it. */
const isWithin = ({ minute, totals }: Reading, signed: readonly Reading[]) =>
  signed.every((one) =>
    one.totals.every((value, i) =>
      one.minute < minute ? value <= totals[i]! : one.minute > minute ? value >= totals[i]! : true,
    ),
  )

/**
 * How much of what a life used is the control plane's word, as reports are withheld: nothing where all its readings are
 * signed, else what their signed neighbours leave open, or all of it where there are none.
 */
const onWord = (life: LifeEvidence, readings: Readings): Used => {
  const { hostId, epoch, openedMs, fromHour, untilHour } = life
  const found = [...life.readings, ...(life.bounds ?? [])].map((proof) => ({
    ...proof,
    ...readings.of(hostId, epoch, proof),
  }))
  if (found.every(({ isStated }) => isStated === false)) return NO_USE
  const signed = found.flatMap(({ minute, totals, isStated }) =>
    isStated === false && totals ? [{ minute, totals }] : [],
  )
  const isBefore =
    openedMs >= fromHour * HOUR_MS || signed.some(({ minute }) => (minute + 1) * MINUTE_MS <= fromHour * HOUR_MS)
  const isAfter = signed.some(({ minute }) => (minute + 1) * MINUTE_MS >= untilHour * HOUR_MS)
  if (!isBefore || !isAfter) return billable(life.used)
  const { least, most } = boundsBetween(openedMs, signed, fromHour, untilHour)
  return billable(minus(most, least))
}

/** What is wrong with a life's evidence; null where its readings come to what it says. */
const faultOf = (life: LifeEvidence, readings: Readings): string | null => {
  const { hostId, epoch, identity, openedMs, fromHour, untilHour } = life
  const name = `${life.app}, ${life.name} on ${life.host}`
  if (epochId(identity) !== epoch) return `${name}: its identity is another's`
  const [known, signed]: [Reading[], Reading[]] = [[], []]
  for (const [i, proof] of [...life.readings, ...(life.bounds ?? [])].entries()) {
    const found = readings.of(hostId, epoch, proof)
    if (!found) return `${name}: no such reading at minute ${proof.minute}`
    const reading = { minute: proof.minute, totals: found.totals }
    if (i < life.readings.length) known.push(reading)
    if (!found.isStated) signed.push(reading)
  }
  if (known.some((reading) => !isWithin(reading, signed)))
    return `${name}: a stated reading is not between its signed neighbours`
  if (openedMs >= fromHour * HOUR_MS && !opensWhenSaid(life, readings)) return `${name}: when it began is not shown`
  const isBefore = (at: Reading) => (at.minute + 1) * MINUTE_MS <= fromHour * HOUR_MS
  if (openedMs < fromHour * HOUR_MS - FIRST_READING_MS && !known.some(isBefore))
    return `${name}: no reading before the window`
  if (life.closed) {
    const { least, most } = boundsBetween(openedMs, known, fromHour, untilHour)
    const isBetween = life.used.every((value, i) => value >= least[i]! && value <= most[i]!)
    return isBetween ? null : `${name}: what was counted is outside of what the readings allow`
  }
  const used = usedBetween(openedMs, known, fromHour, untilHour)
  return used.every((value, i) => value === life.used[i]) ? null : `${name}: the readings come to another amount`
}

const opensWhenSaid = ({ hostId, epoch, identity, openedMs, declaredIn }: LifeEvidence, readings: Readings) => {
  const anchorMs = readings.anchorOf(hostId, identity.bootId)
  if (opensAsNamed(identity, openedMs, anchorMs)) return true
  const declared = declaredIn === undefined ? null : readings.declared(hostId, epoch, declaredIn)
  return declared === 'withheld' || (declared !== null && opensAsDeclared(declared, openedMs, anchorMs))
}

/** Recomputes what every life used from the reports, and holds the hours that were rated to it. */
export const verifyUsage = (
  parts: BundleParts,
  inputs: InvoiceInputs,
  readings: Readings,
): { checks: Check[]; provenIn: ProvenIn } => {
  const faults: string[] = []
  const apart: string[] = []
  let lives = 0
  const windows = ratedWindows(inputs).map(({ fromHour, untilHour, used: billed }) => {
    const window = { fromHour, untilHour }
    const found = parts.evidence.windows.find((one) => one.fromHour === fromHour && one.untilHour === untilHour)
    const own = (found?.lives ?? []).map((life) => lifeOf(life as unknown as ReadLife))
    if (own.some((life) => life.fromHour < fromHour || life.untilHour > untilHour))
      faults.push('a life outlasts its window')
    if (new Set(own.map((life) => `${life.hostId}:${life.epoch}:${life.fromHour}`)).size < own.length)
      faults.push('a life is counted twice')
    lives += own.length
    for (const life of own) {
      const fault = faultOf(life, readings)
      if (fault) faults.push(fault)
    }
    const proven = usedByApp(own)
    for (const app of new Set([...proven.keys(), ...billed.keys()]))
      for (const meter of BILLABLE_METERS)
        if ((proven.get(app) ?? NO_USE)[meter] !== (billed.get(app) ?? NO_USE)[meter]) apart.push(`${app} ${meter}`)
    return { ...window, own, proven, billed }
  })
  return {
    checks: [
      check('each life’s usage is the difference of its readings', faults.length === 0, faults.slice(0, 5).join('; ')),
      check(
        'the hours that were rated add up to what the reports prove',
        apart.length === 0,
        apart.length > 0 ? apart.slice(0, 8).join(', ') : `${lives} lives in ${windows.length} windows`,
      ),
    ],
    provenIn({ fromHour, untilHour }, app, meter) {
      const window = windows.find((one) => one.fromHour === fromHour && one.untilHour === untilHour)
      if (!window) return null
      const of = (sums: Map<string, Used>) =>
        [...sums].reduce((sum, [name, used]) => (app === null || name === app ? sum + used[meter] : sum), 0n)
      const [amount, billed] = [of(window.proven), of(window.billed)]
      const counted = window.own.filter((life) => app === null || life.app === app)
      const word = counted.reduce((sum, life) => sum + onWord(life, readings)[meter], 0n)
      return { amount, lives: counted.length, onWord: word, agrees: amount === billed }
    },
  }
}
