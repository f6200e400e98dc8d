import type { Caller } from '#server/router.ts'
import { moneyText } from '../../ui/format.ts'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'

type Preview = Awaited<ReturnType<Caller['billing']['subscription']['preview']>>
type Line = { key: string; what: string; how: React.ReactNode; amount: string; isTotal?: boolean }

const LINE_KEYS = (line: Preview['lines'][number], at: number) => `${line.planVersionId}:${line.price}:${at}`

/** A proration as a sum anybody can check: the seconds that are left, of how many. */
const share = (detail: Readonly<Record<string, unknown>>): string => {
  const { seconds, ofSeconds } = detail
  if (seconds === undefined || ofSeconds === undefined) return 'the whole interval'
  const whole = (value: unknown) => BigInt(String(value)).toLocaleString('en-US')
  return `${whole(seconds)} of ${whole(ofSeconds)} s`
}

/** What a change costs now, line by line, and what follows. Amounts come over the wire as text. */
export function ChangeBill({ preview, currency }: { preview: Preview; currency: string }) {
  const money = (minor: bigint) => moneyText(BigInt(minor), currency)
  const { totals, lines, trialEnd } = preview
  const net = BigInt(preview.netMinor)
  const rows: Line[] = lines.map((line, at) => ({
    key: LINE_KEYS(line, at),
    what: line.description,
    how: share(line.detail),
    amount: money(line.amount),
  }))
  if (totals) {
    if (BigInt(totals.discountMinor) > 0n)
      rows.push({ key: 'discount', what: 'Coupon', how: '', amount: money(-BigInt(totals.discountMinor)) })
    for (const tax of totals.taxes)
      rows.push({
        key: `tax ${tax.name}`,
        what: tax.name,
        how: `${tax.percent} % of ${money(tax.netMinor)}`,
        amount: money(tax.taxMinor),
      })
    rows.push({ key: 'total', what: 'To pay now', how: '', amount: money(totals.totalMinor), isTotal: true })
  }
  return (
    <>
      {rows.length > 0 && (
        <Table
          label="What it costs"
          columns={[
            { head: 'What', phone: 'title', prose: true, cell: (row) => (row.isTotal ? <b>{row.what}</b> : row.what) },
            { head: 'How much of it', align: 'right', cell: (row) => row.how },
            {
              head: currency,
              align: 'right',
              phone: 'state',
              cell: (row) => (row.isTotal ? <b>{row.amount}</b> : row.amount),
            },
          ]}
          rows={rows}
          rowKey={(row) => row.key}
        />
      )}
      <p className="text-2">
        {net < 0n && `${money(-net)} before tax is credited: the next invoice takes it. `}
        {trialEnd ? (
          <>
            Nothing is charged until <Time at={trialEnd} show="absolute" />; usage until then is free.
          </>
        ) : (
          <>
            {net === 0n && 'Nothing is charged now. '}
            Reckoned for <Time at={preview.at} show="absolute" seconds />; the next charge in advance is on{' '}
            <Time at={preview.paid.end} show="absolute" />.
          </>
        )}
        {preview.endsPeriod && ' The running month of usage ends now and is billed by itself.'}
        {totals && ' Credit you have is taken off the invoice.'}
      </p>
    </>
  )
}
