import type { KeptReport } from '../usage/evidence.ts'
import type { StatedInvoice, StatedReading } from './bundle.ts'
import { reportKeyOf, type WindowEvidence } from './evidence.ts'
import type { ProvenInvoice } from './evidenceSql.ts'
import type { LineRow } from './sql.ts'
import { openReport } from './placeRows.ts'

/** An invoice as a bundle says it, from its rows. */
export const statedOf = (invoice: ProvenInvoice & { number: string }, lines: readonly LineRow[]): StatedInvoice => ({
  number: invoice.number,
  currency: invoice.currency,
  periodStart: invoice.periodStart.toISOString(),
  periodEnd: invoice.periodEnd.toISOString(),
  asOf: invoice.asOf?.toISOString() ?? '',
  finalizedAt: invoice.finalizedAt?.toISOString() ?? '',
  lines: lines.map(({ adjustmentId: _, ...line }) => ({
    ...line,
    planVersionId: line.planVersionId?.toString() ?? null,
    quantity: line.quantity?.toString() ?? null,
    amountMinor: line.amountMinor.toString(),
    serviceStart: line.serviceStart.toISOString(),
    serviceEnd: line.serviceEnd.toISOString(),
  })),
  subtotalMinor: invoice.subtotalMinor.toString(),
  discountMinor: invoice.discountMinor.toString(),
  promotionalMinor: invoice.promotionalMinor.toString(),
  taxMinor: invoice.taxMinor.toString(),
  totalMinor: invoice.totalMinor.toString(),
  prepaidMinor: invoice.prepaidMinor.toString(),
  digest: invoice.digest ?? '',
})

/** The readings that stand in reports whose bodies are withheld, as we say them. */
export const readingsOfReport = (
  windows: readonly WindowEvidence[],
  reports: readonly KeptReport[],
  whole: ReadonlySet<string>,
): StatedReading[] => {
  const opened = new Map(reports.map((report) => [reportKeyOf(report), openReport(report.body)]))
  const stated = new Map<string, StatedReading>()
  for (const { hostId, epoch, readings } of windows.flatMap(({ lives }) => lives)) {
    for (const { minute, rows } of readings) {
      if (rows.every(({ seq }) => whole.has(reportKeyOf({ hostId, seq })))) continue
      const cells = rows.map(
        ({ seq, block, row }) => opened.get(reportKeyOf({ hostId, seq }))!.minutes[block]!.rows[row]!,
      )
      const totals = cells[0]!
        .slice(1)
        .map((_, i) => cells.reduce((most, of) => (of[i + 1]! > most ? of[i + 1]! : most), 0))
      stated.set(`${hostId}:${epoch}:${minute}`, { hostId, epoch, minute, totals: totals.map(BigInt) })
    }
  }
  return [...stated.values()]
}
