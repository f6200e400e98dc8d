import type { Metadata } from 'next'
import { InvoiceStanding, type Standing } from '../../../../../[account]/invoices/standing.tsx'
import { billed, dateText, daysText, filePath, invoicePath, meterOf } from '../../../../../[account]/invoices/words.ts'
import { load, server } from '../../../../../server.ts'
import { CrumbName } from '../../../../../shell/crumbs.tsx'
import { Live } from '../../../../../shell/live.tsx'
import { Button } from '../../../../../ui/button.tsx'
import { moneyText, thousands } from '../../../../../ui/format.ts'
import { Money } from '../../../../../ui/money.tsx'
import { Facts, PageHead, Panel } from '../../../../../ui/panel.tsx'
import { Empty } from '../../../../../ui/states.tsx'
import { Banner } from '../../../../../ui/status.tsx'
import { Table } from '../../../../../ui/table.tsx'
import { Time } from '../../../../../ui/time.tsx'
import { stepWords } from '../../step-words.ts'
import { InvoiceActions } from './invoice-actions.tsx'

export const metadata: Metadata = { title: 'Invoice' }

/** One invoice with everything that happened to it, and what can be done. */
export default async function OpsInvoicePage({ params }: { params: Promise<{ account: string; id: string }> }) {
  const { account, id } = await params
  const api = await server()
  const view = await load(api.billing.collection.invoice({ account, invoiceId: id }))
  const { invoice, lines, payments, creditNotes, steps, credits } = view
  const { currency, number } = invoice
  const now = new Date()
  const money = (minor: bigint) => <Money of={minor} currency={currency} />
  const isDraft = invoice.state === 'draft'
  const standing: Standing = invoice.state !== 'finalized' ? invoice.state : invoice.isPastDue ? 'past_due' : 'open'
  const left = credits.filter((grant) => grant.leftMinor > 0n && grant.expiredAt === null)
  return (
    <>
      <Live topics={[`billing:${invoice.accountId}`]} />
      <CrumbName name={number ?? 'Draft'} />
      <PageHead
        title={number ?? `Draft of ${account}`}
        sub={
          <>
            <a href={`/ops/accounts/${account}`}>{account}</a>, {daysText(invoice.periodStart, invoice.periodEnd, now)},{' '}
            <InvoiceStanding of={standing} />
          </>
        }
        actions={
          <>
            {number && <Button href={invoicePath(account, number)}>As the customer sees it</Button>}
            {number && <Button href={filePath(account, number, 'pdf')}>PDF</Button>}
          </>
        }
      />
      <div className="stack">
        {isDraft && (
          <Banner status="maintenance" title="A draft: this is what it would say now">
            It is finalized once all hosts concerned have reported past its end
            {invoice.finalizeAfter && (
              <>
                , and <Time at={invoice.finalizeAfter} /> at the latest
              </>
            )}
            .
          </Banner>
        )}
        <InvoiceActions
          account={account}
          invoiceId={String(invoice.id)}
          number={number ?? 'this draft'}
          state={invoice.state}
          currency={currency}
          openMinor={String(invoice.openMinor)}
          paidMinor={String(invoice.paidMinor)}
          prepaid={left
            .filter((grant) => grant.kind === 'prepaid')
            .map(({ id: grant, leftMinor, currency: of, reason }) => ({
              grantId: String(grant),
              leftMinor: String(leftMinor),
              currency: of,
              reason,
            }))}
          lines={lines.map(({ position, description, amountMinor }) => ({
            position,
            description,
            amountMinor: String(amountMinor),
          }))}
        />
        <div className="split">
          <Panel title="Money">
            <Facts
              of={[
                ['Subtotal', money(invoice.subtotalMinor)],
                ...(invoice.discountMinor === 0n ? [] : [['Discount', money(-invoice.discountMinor)] as const]),
                ...(invoice.promotionalMinor === 0n
                  ? []
                  : [['Promotional credit', money(-invoice.promotionalMinor)] as const]),
                ...invoice.taxes.map(
                  (tax) =>
                    [
                      `${tax.name}${tax.kind === 'standard' ? ` ${tax.percent} %` : ''}${tax.inclusive ? ', included' : ''}`,
                      money(BigInt(tax.taxMinor)),
                    ] as const,
                ),
                ['Total', money(invoice.totalMinor)],
                ...(invoice.prepaidMinor === 0n ? [] : [['Prepaid credit', money(-invoice.prepaidMinor)] as const]),
                ...(invoice.paidMinor === 0n
                  ? []
                  : [
                      [
                        creditNotes.length > 0 ? 'Paid, less what went back' : 'Paid',
                        money(-invoice.paidMinor),
                      ] as const,
                    ]),
                ...(invoice.creditedMinor === 0n ? [] : [['Credit notes', money(-invoice.creditedMinor)] as const]),
                ['Open', money(isDraft ? invoice.totalMinor - invoice.prepaidMinor : invoice.openMinor)],
              ]}
            />
          </Panel>
          <Panel title="Facts">
            <Facts
              of={[
                ['Collected by', invoice.driver === 'stripe' ? 'card, by Stripe' : 'transfer'],
                ['Issued', invoice.finalizedAt ? dateText(invoice.finalizedAt) : 'not yet'],
                ['Due', invoice.dueAt ? dateText(invoice.dueAt) : '–'],
                ['To', [invoice.buyer?.name, ...(invoice.buyer?.address ?? [])].filter(Boolean).join(', ') || '–'],
                [
                  'Bills',
                  <span className="mono" key="k">
                    {invoice.key}
                  </span>,
                ],
                [
                  'Digest',
                  invoice.digest ? (
                    <span className="mono" key="d">
                      {invoice.digest.slice(0, 16)}
                    </span>
                  ) : (
                    'none until it is final'
                  ),
                ],
                [
                  'Credit left',
                  left.length === 0
                    ? 'none'
                    : left.map((grant) => `${moneyText(grant.leftMinor, grant.currency)} ${grant.kind}`).join(', '),
                ],
              ]}
            />
          </Panel>
        </div>
        <Panel title="Lines" sub={`${lines.length}, before discount and tax`} flush>
          <Table
            label="Lines"
            rows={lines}
            rowKey={(line) => line.position}
            columns={[
              { head: '', align: 'right', phone: 'hide', cell: (line) => line.position },
              { head: 'What', phone: 'title', prose: true, cell: (line) => line.description },
              { head: 'Kind', phone: 'hide', cell: (line) => line.kind },
              { head: 'Service', cell: (line) => daysText(line.serviceStart, line.serviceEnd, now) },
              { head: 'Quantity', align: 'right', cell: (line) => quantityOf(line) },
              { head: 'Unit price', align: 'right', phone: 'hide', cell: (line) => line.unitAmount ?? '–' },
              { head: 'Amount', align: 'right', cell: (line) => money(line.amountMinor) },
            ]}
            empty={<Empty title="No lines.">A draft that comes to nothing is dropped.</Empty>}
          />
        </Panel>
        {payments.length + creditNotes.length > 0 && (
          <Panel title="Payments and credit notes" flush>
            <Table
              label="Payments and credit notes"
              rows={moved(payments, creditNotes)}
              rowKey={(row) => row.key}
              columns={[
                { head: 'What', phone: 'title', cell: (row) => row.what },
                { head: 'When', cell: (row) => <Time at={row.at} /> },
                { head: 'By', phone: 'hide', cell: (row) => row.by },
                { head: 'Note', prose: true, cell: (row) => row.note || '–' },
                { head: 'Amount', align: 'right', cell: (row) => money(row.amountMinor) },
              ]}
            />
          </Panel>
        )}
        {steps.length > 0 && (
          <Panel title="Collection" flush>
            <Table
              label="Steps of collection"
              rows={steps}
              rowKey={(row) => row.step}
              columns={[
                { head: 'Step', phone: 'title', cell: (row) => stepWords(row.step) },
                { head: 'When', cell: (row) => <Time at={row.at} /> },
                {
                  head: 'Detail',
                  prose: true,
                  cell: (row) => (typeof row.detail['reason'] === 'string' ? row.detail['reason'] : '–'),
                },
              ]}
            />
          </Panel>
        )}
      </div>
    </>
  )
}

const quantityOf = (line: { meter: string | null; quantity: bigint | null }) => {
  const meter = meterOf(line.meter)
  if (line.quantity === null) return '–'
  if (!meter) return thousands(line.quantity)
  const { value, unit } = billed(meter, line.quantity)
  return (
    <>
      <span className="num">{value}</span> <span className="unit">{unit}</span>
    </>
  )
}

type View = Awaited<ReturnType<Awaited<ReturnType<typeof server>>['billing']['collection']['invoice']>>
type Moved = { key: string; what: string; at: Date; by: string; note: string; amountMinor: bigint }
const KINDS = { payment: 'Payment', refund: 'Refund', chargeback: 'Chargeback' } as const
const SETTLED = { open_balance: 'off what is open', credit: 'as credit', refund: 'as refund' } as const

/** Money and credit notes in the order of time. */
const moved = (payments: View['payments'], notes: View['creditNotes']): Moved[] =>
  [
    ...payments.map((row) => ({
      key: `p${row.id}`,
      what: `${KINDS[row.kind]} by ${row.method}`,
      at: row.receivedAt,
      by: row.recordedBy,
      note: row.reference,
      amountMinor: row.amountMinor,
    })),
    ...notes.map((row) => ({
      key: `n${row.id}`,
      what: `Credit note ${row.number}, ${SETTLED[row.settledAs]}`,
      at: row.createdAt,
      by: row.createdBy,
      note: row.reason,
      amountMinor: -row.totalMinor,
    })),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime())
