import { exactText, minor, minus, parseText } from '../money.ts'
import { startOfHour } from '../time.ts'
import type { LateWindow } from './invoiceInputs.ts'
import { rate } from './rate.ts'
import type { RatedLine, UsageHour } from './rated.ts'

const rated = (window: LateWindow, hours: readonly UsageHour[]) =>
  rate(
    window.stretch.version,
    { ...window.stretch, period: window.period, hours },
    startOfHour(Math.max(window.stretch.untilHour, window.stretch.fromHour + 1)),
  )

const nameOf = (line: RatedLine) => JSON.stringify([line.kind, line.price, line.app])

const difference = (now: RatedLine | undefined, billed: RatedLine | undefined): RatedLine[] => {
  const line = now ?? billed
  const amount = minor((now?.amount ?? 0n) - (billed?.amount ?? 0n))
  if (!line || amount === 0n) return []
  const said = (one: RatedLine | undefined) =>
    one ? { quantity: one.quantity, exact: one.exact, amount: one.amount } : { quantity: 0n, exact: '0', amount: 0n }
  return [
    {
      ...line,
      kind: 'late',
      description: `${line.description}, ${amount > 0n ? 'reported late' : 'corrected'}`,
      quantity: line.quantity === null ? null : (now?.quantity ?? 0n) - (billed?.quantity ?? 0n),
      exact: exactText(minus(parseText(now?.exact ?? '0'), parseText(billed?.exact ?? '0'))),
      amount,
      detail: { ...line.detail, now: said(now), billed: said(billed) },
    },
  ]
}

/**
 * What a closed window comes to now less what it came to when it was billed, price by price, by its own terms: tiers and
 * included units hold, and what was billed and all that comes late sum to what the window is worth, to the minor unit.
 */
export const lateLines = (window: LateWindow): RatedLine[] => {
  const [now, billed] = [rated(window, window.now), rated(window, window.billed)]
  const before = new Map(billed.map((line) => [nameOf(line), line]))
  const lines = now.flatMap((line) => {
    const name = nameOf(line)
    const was = before.get(name)
    before.delete(name)
    return difference(line, was)
  })
  return [...lines, ...[...before.values()].flatMap((line) => difference(undefined, line))]
}
