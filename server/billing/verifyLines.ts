import { majorText, parseText, roundHalfEven } from '../money.ts'
import type { BundleParts, StatedInvoice } from './bundle.ts'
import { canonical } from './canonical.ts'
import { check, type Check } from './check.ts'
import { composeInvoice, type InvoiceLine } from './composeInvoice.ts'
import { contentDigest, invoiceDigest } from './invoiceDigest.ts'
import type { InvoiceInputs } from './invoiceInputs.ts'
import { quantityText } from './quantityText.ts'
import { ratedWindows } from './readInputs.ts'
import type { BillableMeter } from './terms.ts'
import type { ProvenIn } from './verifyUsage.ts'

/** A line, whether everything about it agrees, and what was found, a sentence each. */
export type LineCheck = { position: number; description: string; amount: string; agrees: boolean; says: string[] }

/** A line as it is compared: everything it says but its place. */
const saidBy = (line: InvoiceLine) => ({
  kind: line.kind,
  description: line.description,
  planVersionId: line.planVersionId,
  price: line.price,
  meter: line.meter,
  app: line.app,
  quantity: line.quantity,
  unitAmount: line.unitAmount,
  exact: line.exact,
  amountMinor: line.amount,
  serviceStart: line.service.start,
  serviceEnd: line.service.end,
  detail: line.detail,
})

const sameWindow = (line: InvoiceLine, inputs: InvoiceInputs) => {
  const stretches = [...(inputs.usage?.stretches ?? []), ...inputs.late.map(({ stretch }) => stretch)]
  // Stretches of one version that follow each other make one line: all windows within its service count.
  return stretches.filter((stretch) => stretch.start >= line.service.start && stretch.end <= line.service.end)
}

/** What the reports prove of a line's quantity, in words; null where it has none. */
const provenOf = (line: InvoiceLine, inputs: InvoiceInputs, provenIn: ProvenIn) => {
  if (line.meter === null || (line.kind !== 'usage' && line.kind !== 'late')) return null
  const meter: BillableMeter = line.meter
  const windows = sameWindow(line, inputs)
  const rated = ratedWindows(inputs)
  let [amount, lives, onWord, agrees] = [0n, 0, 0n, windows.length > 0]
  for (const window of windows) {
    if (!rated.some((one) => one.fromHour === window.fromHour)) continue
    const proven = provenIn(window, line.app, meter)
    amount += proven?.amount ?? 0n
    lives += proven?.lives ?? 0
    onWord += proven?.onWord ?? 0n
    agrees &&= proven?.agrees ?? false
  }
  const billedNow = line.kind === 'late' ? (line.detail as { now: { quantity: bigint } }).now.quantity : line.quantity
  return {
    agrees: agrees && amount === BigInt(billedNow ?? 0n),
    says:
      `${quantityText(meter, amount)} by the readings of ${lives} ${lives === 1 ? 'life' : 'lives'}` +
      (onWord > 0n ? ` (at most ${quantityText(meter, onWord)} of it by the control plane’s word)` : ''),
  }
}

const checkLine = (
  line: InvoiceLine,
  position: number,
  stated: StatedInvoice,
  inputs: InvoiceInputs,
  provenIn: ProvenIn,
): LineCheck => {
  const said = stated.lines.find((one) => one.position === position)
  const { position: _, ...rest } = said ?? { position }
  const isSame = canonical(rest) === canonical(saidBy(line))
  const isRounded = line.kind === 'late' || roundHalfEven(parseText(line.exact)) === line.amount
  const proven = provenOf(line, inputs, provenIn)
  const amount = majorText(line.amount, inputs.currency)
  const says = [
    ...(isSame
      ? []
      : [
          said
            ? `the invoice says ${majorText(BigInt(said.amountMinor), inputs.currency)}`
            : 'it is not on the invoice',
        ]),
    ...(isRounded ? [] : [`${line.exact} is not rounded to the amount`]),
    ...(proven ? [proven.agrees ? proven.says : `the reports prove ${proven.says}`] : []),
    ...(line.unitAmount ? [`at ${line.unitAmount}`] : []),
  ]
  return {
    position,
    description: line.description,
    amount,
    agrees: isSame && isRounded && (proven?.agrees ?? true),
    says,
  }
}

/** Computes the invoice anew from its inputs, and compares every line, the totals and the digest. */
export const verifyLines = (
  parts: BundleParts,
  inputs: InvoiceInputs,
  provenIn: ProvenIn,
): { checks: Check[]; lines: LineCheck[] } => {
  const stated = parts.invoice
  const composed = composeInvoice(inputs)
  const { totals } = composed
  const lines = composed.lines.map((line, i) => checkLine(line, i + 1, stated, inputs, provenIn))
  const sums = [
    ['subtotal', totals.subtotalMinor, stated.subtotalMinor],
    ['discount', totals.discountMinor, stated.discountMinor],
    ['promotional credit', totals.promotionalMinor, stated.promotionalMinor],
    ['tax', totals.taxMinor, stated.taxMinor],
    ['total', totals.totalMinor, stated.totalMinor],
    ['prepaid credit', totals.prepaidMinor, stated.prepaidMinor],
  ] as const
  const apart = sums.filter(([, ours, theirs]) => ours !== BigInt(theirs)).map(([name]) => name)
  const digest = invoiceDigest(contentDigest(inputs, composed), stated.number)
  return {
    lines,
    checks: [
      check('the invoice has these lines and no other', stated.lines.length === lines.length),
      check(
        'the lines add up to its totals',
        apart.length === 0,
        apart.length > 0 ? apart.join(', ') : `${majorText(totals.totalMinor, inputs.currency)} ${inputs.currency}`,
      ),
      check('computed anew it has the digest it was given', digest === stated.digest, digest),
    ],
  }
}
