import type { Caller } from '#server/router.ts'
import { unitText } from '../../../billing-parts/price-words.ts'
import { Icon } from '../../../ui/symbol.tsx'
import { amountText, thousands } from '../../../ui/format.ts'
import { one, type Search } from '../../window.ts'
import { billed, dateText, daysText, meterOf } from '../words.ts'

export type Invoice = Awaited<ReturnType<Caller['billing']['evidence']['sheet']>>
export type InvoiceLine = Invoice['lines'][number]

/** Up to so many lines all apps stand open. */
const MOST_OPEN = 14
const METER_NAMES = { cpu: 'CPU', memory: 'Memory', disk: 'Storage', egress: 'Egress' } as const

type Group = { app: string | null; lines: InvoiceLine[]; amount: bigint }

/** Lines of apps together, the greatest app first; before them what is not any app's. */
const groupsOf = (lines: readonly InvoiceLine[]): Group[] => {
  const groups = new Map<string | null, InvoiceLine[]>()
  for (const line of lines) groups.set(line.app, [...(groups.get(line.app) ?? []), line])
  return [...groups]
    .map(([app, own]) => ({ app, lines: own, amount: own.reduce((sum, line) => sum + line.amountMinor, 0n) }))
    .toSorted((a, b) => (a.app === null ? -1 : b.app === null ? 1 : Number(b.amount - a.amount)))
}

/** The invoice itself: both sides, its lines by app, its sums, what was paid and given back. */
export function InvoiceSheet({
  invoice,
  path,
  selected,
  search,
  now,
}: {
  invoice: Invoice
  path: string
  selected: number | undefined
  search: Search
  now: Date
}) {
  const groups = groupsOf(invoice.lines)
  const chosen = invoice.lines.find(({ position }) => position === selected)?.app
  const wanted = one(search['app'])
  const isOpen = (group: Group) =>
    group.app === null || invoice.lines.length <= MOST_OPEN || group.app === wanted || group.app === chosen
  return (
    <section className="panel" aria-label={`Invoice ${invoice.number}`}>
      <Parties invoice={invoice} now={now} />
      <div className="table-wrap" role="group" aria-label="Lines" tabIndex={0}>
        <table className="tbl roomy invoice-lines">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col" className="r">
                Quantity
              </th>
              <th scope="col" className="r phone-hide">
                Unit price
              </th>
              <th scope="col" className="r">
                Amount, {invoice.currency}
              </th>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => (
              <GroupRows
                key={group.app ?? ''}
                group={group}
                isOpen={isOpen(group)}
                canClose={invoice.lines.length > MOST_OPEN}
                {...{ invoice, path, selected, now }}
              />
            ))}
          </tbody>
        </table>
      </div>
      <Sums invoice={invoice} />
    </section>
  )
}

function Parties({ invoice: { seller, buyer, ...invoice }, now }: { invoice: Invoice; now: Date }) {
  const side = (label: string, of: typeof seller | typeof buyer) => (
    <dl>
      <dt>{label}</dt>
      <dd>
        <b>{of?.name ?? '–'}</b>
        {of?.address.map((row) => (
          <span key={row}>
            <br />
            {row}
          </span>
        ))}
        {of?.taxId && (
          <>
            <br />
            Tax id {of.taxId}
          </>
        )}
      </dd>
    </dl>
  )
  const facts: [string, string][] = [
    ['Period', `${daysText(invoice.periodStart, invoice.periodEnd, now)}, UTC`],
    ['Issued', dateText(invoice.finalizedAt)],
    ...(invoice.dueAt ? [['Due', dateText(invoice.dueAt)] as [string, string]] : []),
    ...(buyer?.reference ? [['Reference', buyer.reference] as [string, string]] : []),
  ]
  return (
    <div className="invoice-parties">
      {side('From', seller)}
      {side('To', buyer)}
      <dl className="invoice-meta">
        {facts.map(([word, fact]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function GroupRows({
  group,
  isOpen,
  canClose,
  invoice,
  path,
  selected,
  now,
}: {
  group: Group
  isOpen: boolean
  canClose: boolean
  invoice: Invoice
  path: string
  selected: number | undefined
  now: Date
}) {
  const { app, lines, amount } = group
  return (
    <>
      {app !== null && (
        <tr className="group">
          <td colSpan={2}>
            {canClose ? (
              <a
                href={isOpen ? path : `${path}?app=${encodeURIComponent(app)}`}
                aria-label={`${isOpen ? 'Close' : 'Open'} ${app}, ${lines.length} lines`}
              >
                <Icon name={isOpen ? 'down' : 'right'} />
                {app}
              </a>
            ) : (
              app
            )}
            <span className="dim">
              {lines.length} {lines.length === 1 ? 'line' : 'lines'}
            </span>
          </td>
          <td className="phone-hide" />
          <td className="r num">{amountText(amount, invoice.currency)}</td>
        </tr>
      )}
      {isOpen &&
        lines.map((line) => (
          <LineRow key={line.position} {...{ line, invoice, path, now }} isSelected={line.position === selected} />
        ))}
    </>
  )
}

function LineRow({
  line,
  invoice,
  path,
  isSelected,
  now,
}: {
  line: InvoiceLine
  invoice: Invoice
  path: string
  isSelected: boolean
  now: Date
}) {
  const meter = meterOf(line.meter)
  const href = `${path}?line=${line.position}`
  const quantity =
    line.quantity === null ? null : meter ? billed(meter, line.quantity) : { value: thousands(line.quantity), unit: '' }
  const isElsewhen = +line.serviceStart !== +invoice.periodStart || +line.serviceEnd !== +invoice.periodEnd
  const name = line.app !== null && meter && line.kind === 'usage' ? METER_NAMES[meter] : line.description
  return (
    <tr className={`line ${line.app === null ? 'plain' : ''} ${isSelected ? 'sel' : ''}`}>
      <td>
        <a href={href} aria-current={isSelected ? 'true' : undefined}>
          {name}
        </a>
        {isElsewhen && <small className="dim block">{daysText(line.serviceStart, line.serviceEnd, now)}</small>}
      </td>
      <td className="r">
        {quantity && (
          <>
            <span className="num">{quantity.value}</span>
            {quantity.unit && <span className="unit"> {quantity.unit}</span>}
          </>
        )}
      </td>
      <td className="r phone-hide">{line.unitAmount === null ? '' : unitText(line.unitAmount, invoice.currency)}</td>
      <td className="r">
        <a className="ev num" href={href} tabIndex={-1} aria-hidden="true">
          {amountText(line.amountMinor, invoice.currency)}
        </a>
        <span className="vh">{amountText(line.amountMinor, invoice.currency)}</span>
      </td>
    </tr>
  )
}

const METHODS = { transfer: 'by transfer', card: 'by card', other: '' } as const
const KINDS = { payment: 'Paid', refund: 'Refunded', chargeback: 'Charged back' } as const
const SETTLED = {
  open_balance: 'off what is open',
  credit: 'kept as credit',
  refund: 'sent back',
} as const

function Sums({ invoice }: { invoice: Invoice }) {
  const { currency } = invoice
  const row = (word: React.ReactNode, amount: bigint, className?: string) => (
    <tr className={className}>
      <td>{word}</td>
      <td>
        <span className={`num ${className === 'grand' ? 'double' : ''}`}>{amountText(amount, currency)}</span>
      </td>
    </tr>
  )
  return (
    <table className="invoice-sums" aria-label="Sums">
      <tbody>
        {row('Subtotal', invoice.subtotalMinor)}
        {invoice.discountMinor > 0n && row('Discount', -invoice.discountMinor)}
        {invoice.promotionalMinor > 0n && row('Promotional credit', -invoice.promotionalMinor)}
        {invoice.taxes.map((tax) => (
          <tr key={`${tax.name}:${tax.percent}`}>
            <td>
              {tax.name}, {tax.kind === 'reverse_charge' ? 'reverse charge' : `${tax.percent} %`}
              {tax.inclusive && ', included'}
              <small>
                {tax.kind === 'reverse_charge'
                  ? 'The recipient accounts for the tax.'
                  : `of ${amountText(BigInt(tax.netMinor), currency)}`}
              </small>
            </td>
            <td className="num">{amountText(BigInt(tax.taxMinor), currency)}</td>
          </tr>
        ))}
        {row(`Total, ${currency}`, invoice.totalMinor, 'grand')}
        {invoice.prepaidMinor > 0n && row('Prepaid credit', -invoice.prepaidMinor)}
        {invoice.notes.map((note) => (
          <tr key={note.number}>
            <td>
              Credit note {note.number}, {SETTLED[note.settledAs]}
              <small>{note.reason}</small>
            </td>
            <td className="num">{amountText(-note.totalMinor, currency)}</td>
          </tr>
        ))}
        {invoice.payments.map((payment) => (
          <tr key={String(payment.id)}>
            <td>
              {KINDS[payment.kind]} {dateText(payment.receivedAt)} {METHODS[payment.method]}
              {payment.reference && <small>{payment.reference}</small>}
            </td>
            <td className="num">{amountText(-payment.amountMinor, currency)}</td>
          </tr>
        ))}
        {row('Open', invoice.openMinor, 'due')}
        {invoice.openMinor > 0n && invoice.paymentDetails !== '' && (
          <tr>
            <td colSpan={2} className="text-left! whitespace-pre-line!">
              <small>
                {invoice.paymentDetails}
                {'\n'}Reference {invoice.number}
              </small>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  )
}
