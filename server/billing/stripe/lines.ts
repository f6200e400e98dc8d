import type Stripe from 'stripe'
import { toStripe, secondsOf } from './amount.ts'

/** A line of ours as it is billed. */
export type OurLine = {
  position: number
  kind: string
  description: string
  price: string | null
  app: string | null
  amountMinor: bigint
  serviceStart: Date
  serviceEnd: Date
}
/** An invoice of ours before tax. */
export type Ours = {
  currency: string
  discountMinor: bigint
  promotionalMinor: bigint
  lines: readonly OurLine[]
}
export type NewLine = Stripe.InvoiceAddLinesParams.Line & { amount: number; metadata: Record<string, string> }

/** Stripe takes 250 lines on an invoice; some are its own. */
export const MOST_LINES = 200
const LONGEST = 500

/**
 * The lines that Stripe's invoice needs so that it says what ours does, each with our line's name in its metadata. Many apps
 * become one line a price: the invoice in Wharfinger has them all. Discount and promotional credit are lines of their own,
 * because one engine computes them. `madeThere` says which of ours Stripe bills by itself.
 * @throws UNPROCESSABLE for an amount that Stripe cannot take
 */
export const linesFor = (ours: Ours, madeThere: (line: OurLine) => boolean): NewLine[] => {
  const own = ours.lines.filter((line) => !madeThere(line) && line.amountMinor !== 0n)
  const shown = own.length > MOST_LINES ? merged(own) : own.map((line) => ({ ...line, name: `line:${line.position}` }))
  const all = [...shown, ...takenOff(ours)]
  return all.map((line) => ({
    amount: toStripe(line.amountMinor, ours.currency),
    description: said(line).slice(0, LONGEST),
    discountable: false,
    period: { start: secondsOf(line.serviceStart), end: secondsOf(line.serviceEnd) },
    metadata: { wharf_line: line.name },
  }))
}

const said = (line: OurLine) => (line.app ? `${line.app}: ${line.description}` : line.description)

type Named = OurLine & { name: string }

/** One line a kind and price, over the time they span. */
const merged = (lines: readonly OurLine[]): Named[] => {
  const groups = new Map<string, OurLine[]>()
  for (const line of lines) {
    const key = `${line.kind}:${line.price ?? line.description}`
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  return [...groups].map(([key, of]) => ({
    ...of[0]!,
    app: null,
    name: `group:${key}`.slice(0, LONGEST),
    description: of.length > 1 ? `${of[0]!.description} (${of.length} lines)` : of[0]!.description,
    amountMinor: of.reduce((sum, line) => sum + line.amountMinor, 0n),
    serviceStart: new Date(Math.min(...of.map((line) => line.serviceStart.getTime()))),
    serviceEnd: new Date(Math.max(...of.map((line) => line.serviceEnd.getTime()))),
  }))
}

const takenOff = ({ discountMinor, promotionalMinor, lines }: Ours): Named[] => {
  const first = lines[0]
  if (!first) return []
  const off = (name: string, description: string, amount: bigint): Named[] =>
    amount === 0n ? [] : [{ ...first, name, description, kind: name, price: null, app: null, amountMinor: -amount }]
  return [...off('discount', 'Discount', discountMinor), ...off('promotional', 'Promotional credit', promotionalMinor)]
}

/** Which of the lines are not on Stripe's invoice yet. */
export const missingOf = (wanted: readonly NewLine[], there: readonly Stripe.InvoiceLineItem[]): NewLine[] => {
  const names = new Set(there.map((line) => line.metadata['wharf_line']))
  return wanted.filter((line) => !names.has(line.metadata['wharf_line']))
}
