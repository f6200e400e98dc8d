import { deflateSync } from 'node:zlib'
import { canonical } from './canonical.ts'
import { unpackInputs, type InvoiceInputs } from './invoiceInputs.ts'
import type { UsageHour } from './rated.ts'
import { addUsed, NO_USE } from './evidence.ts'
import type { Used } from './terms.ts'

/** Stored inputs from their JSON, as a bundle holds them. @throws RangeError where they are of another format */
export const inputsFrom = (json: unknown): InvoiceInputs => unpackInputs(deflateSync(canonical(json)))

/** A window of hours that an invoice bills or corrects, and what it says was used there, by app. */
export type RatedWindow = {
  fromHour: number
  untilHour: number
  /** True where it was billed before and is corrected here. */
  isLate: boolean
  used: Map<string, Used>
}

const summed = (hours: readonly UsageHour[], fromHour: number, untilHour: number): Map<string, Used> => {
  const sums = new Map<string, Used>()
  for (const { app, hour, used } of hours)
    if (hour >= fromHour && hour < untilHour) sums.set(app, addUsed(sums.get(app) ?? NO_USE, used))
  return sums
}

/** The windows whose usage an invoice's lines stand on; what was free in a trial needs no proof. */
export const ratedWindows = ({ usage, late }: InvoiceInputs): RatedWindow[] => {
  const of = (stretch: { fromHour: number; untilHour: number }, hours: readonly UsageHour[], isLate: boolean) => {
    const { fromHour, untilHour } = stretch
    return { fromHour, untilHour, isLate, used: summed(hours, fromHour, untilHour) }
  }
  const billed = (usage?.stretches ?? []).filter(({ state }) => state !== 'trialing')
  return [
    ...billed.map((stretch) => of(stretch, usage?.hours ?? [], false)),
    ...late.map(({ stretch, now }) => of(stretch, now, true)),
  ].filter(({ fromHour, untilHour }) => fromHour < untilHour)
}
