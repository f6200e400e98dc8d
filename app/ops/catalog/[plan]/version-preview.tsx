import type { Caller } from '#server/router.ts'
import { moneyText, thousands } from '../../../ui/format.ts'
import { KpiStrip } from '../../../ui/kpis.tsx'
import { Empty } from '../../../ui/states.tsx'
import { Table } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'

type Preview = Awaited<ReturnType<Caller['billing']['catalog']['preview']>>

/** Last month by other terms: the sum before and after, and whom it touches most. Amounts are before tax. */
export function VersionPreview({ preview }: { preview: Preview }) {
  const { currency, month, biggest, invoices, customers, up, down, of } = preview
  const money = (minor: bigint) => moneyText(BigInt(minor), currency)
  const difference = BigInt(preview.afterMinor) - BigInt(preview.beforeMinor)
  const signed = (minor: bigint) => (minor > 0n ? `+${money(minor)}` : money(minor))
  if (invoices === 0)
    return (
      <Empty title="No invoice of last month is by this plan.">
        <>
          Looked at what was finalized from <Time at={month.start} show="absolute" /> to{' '}
          <Time at={month.end} show="absolute" />.
        </>
      </Empty>
    )
  return (
    <>
      <KpiStrip
        label="Last month by these terms"
        tight
        of={[
          { label: 'Was', figure: money(preview.beforeMinor), note: `${thousands(invoices)} invoices, before tax` },
          { label: 'Would be', figure: money(preview.afterMinor), note: `${thousands(customers)} customers` },
          {
            label: 'Difference',
            figure: signed(difference),
            note: of > invoices ? `of ${thousands(invoices)} among ${thousands(of)} invoices` : 'in the month',
          },
          { label: 'Pay more', figure: thousands(up), note: `${thousands(down)} pay less` },
        ]}
      />
      <Table
        label="The biggest differences"
        columns={[
          {
            head: 'Account',
            phone: 'title',
            cell: (row) => <a href={`/ops/accounts/${row.account}`}>{row.account}</a>,
          },
          { head: 'Invoice', phone: 'hide', cell: (row) => <span className="mono">{row.number}</span> },
          { head: `Was, ${currency}`, align: 'right', cell: (row) => money(row.beforeMinor) },
          { head: `Would be, ${currency}`, align: 'right', cell: (row) => money(row.afterMinor) },
          {
            head: 'Difference',
            align: 'right',
            phone: 'state',
            cell: (row) => signed(BigInt(row.afterMinor) - BigInt(row.beforeMinor)),
          },
        ]}
        rows={biggest}
        rowKey={(row) => String(row.invoiceId)}
        empty={<Empty title="No invoice would differ." />}
      />
    </>
  )
}
