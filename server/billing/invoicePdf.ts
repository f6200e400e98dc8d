import type PdfDocument from 'pdfkit'
import { decimalText, majorText, roundHalfEven, times, exact } from '../money.ts'
import type { InvoiceSheet } from './invoiceSheet.ts'
import type { LineRow } from './sql.ts'
import { BILLABLE, type BillableMeter } from './terms.ts'

const MARGIN = 50
const PAGE = { width: 595.28, height: 841.89 }
const RIGHT = PAGE.width - MARGIN
const COLUMNS = { quantity: 330, price: 425, amount: RIGHT }
const BOTTOM = PAGE.height - 90
const INK = '#1a1d21'
const DIM = '#5b6470'
const HAIR = '#d5d9de'

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const dayText = (at: Date) => `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`
/** The last day that a half-open period holds. */
const lastDay = (end: Date) => dayText(new Date(end.getTime() - 1))

/** Thousands are parted by commas, a minus is a true one. */
const grouped = (text: string) => {
  const [whole = '', fraction] = text.replace('-', '').split('.')
  const parted = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return `${text.startsWith('-') ? '−' : ''}${parted}${fraction === undefined ? '' : `.${fraction}`}`
}

// The standard fonts hold Latin letters only (WinAnsi); a minus sign they lack is drawn as a dash.
const drawn = (text: string) =>
  text.replaceAll('−', '–').replace(/[^\u0020-\u00ff\u20ac\u2013\u2014\u2018\u2019\u201c\u201d\u2022]/g, '?')

/** A quantity as a line prints it, to at most two decimals. */
const quantityOf = (line: LineRow): string => {
  if (line.quantity === null) return ''
  if (line.meter === null || !(line.meter in BILLABLE)) return grouped(line.quantity.toString())
  const { unit, perUnit } = BILLABLE[line.meter as BillableMeter]
  const hundredths = roundHalfEven(times(exact(line.quantity, perUnit), exact(100n)))
  return `${grouped(decimalText(hundredths, 2))} ${unit}`
}

type Doc = InstanceType<typeof PdfDocument>

const text = (
  doc: Doc,
  words: string,
  x: number,
  y: number,
  options: { size?: number; bold?: boolean; dim?: boolean; right?: boolean; width?: number } = {},
) => {
  const { size = 9, bold = false, dim = false, right = false, width } = options
  doc
    .font(bold ? 'Helvetica-Bold' : 'Helvetica')
    .fontSize(size)
    .fillColor(dim ? DIM : INK)
  const said = drawn(words)
  if (right) doc.text(said, x - doc.widthOfString(said), y, { lineBreak: false })
  else doc.text(said, x, y, width === undefined ? { lineBreak: false } : { width })
}

const rule = (doc: Doc, y: number, from = MARGIN, color = HAIR) =>
  doc.moveTo(from, y).lineTo(RIGHT, y).lineWidth(0.6).strokeColor(color).stroke()

const STATES: Record<InvoiceSheet['standing'], string> = {
  open: 'Open',
  past_due: 'Past due',
  paid: 'Paid',
  void: 'Void: nothing is owed',
  uncollectible: 'Written off',
}

const head = (doc: Doc, invoice: InvoiceSheet): number => {
  // Where Stripe numbers and taxes, its PDF is the invoice and this one says what stands behind it.
  const isAnnex = invoice.driver === 'stripe'
  text(doc, isAnnex ? 'Annex' : 'Invoice', MARGIN, MARGIN, { size: 20, bold: true })
  text(doc, isAnnex ? `to invoice ${invoice.number}` : invoice.number, MARGIN, MARGIN + 26, { size: 11 })
  text(doc, STATES[invoice.standing], RIGHT, MARGIN + 6, { size: 11, bold: true, right: true })
  const top = MARGIN + 62
  const party = (label: string, x: number, lines: readonly (string | null | undefined)[]) => {
    text(doc, label, x, top, { size: 8, dim: true })
    let y = top + 13
    for (const [i, line] of lines.filter((one) => one).entries()) {
      text(doc, line!, x, y, { bold: i === 0, width: 165 })
      y = doc.y + 2
    }
    return y
  }
  const { seller, buyer } = invoice
  const left = party('From', MARGIN, [
    seller?.name,
    ...(seller?.address ?? []),
    seller?.taxId && `Tax id ${seller.taxId}`,
    seller?.email,
  ])
  const middle = party('To', MARGIN + 175, [
    buyer?.name,
    ...(buyer?.address ?? []),
    buyer?.taxId && `Tax id ${buyer.taxId}`,
  ])
  const facts = [
    ['Period', `${dayText(invoice.periodStart)} to ${lastDay(invoice.periodEnd)}, UTC`],
    ['Issued', dayText(invoice.finalizedAt)],
    ['Due', invoice.dueAt ? dayText(invoice.dueAt) : ''],
    ['Reference', buyer?.reference ?? ''],
  ].filter(([, value]) => value)
  let y = top
  for (const [word, value] of facts) {
    text(doc, word!, MARGIN + 350, y, { size: 8, dim: true })
    text(doc, value!, MARGIN + 350, y + 10)
    y += 27
  }
  return Math.max(left, middle, y) + 16
}

const tableHead = (doc: Doc, y: number, currency: string): number => {
  text(doc, 'Service', MARGIN, y, { size: 8, dim: true })
  text(doc, 'Quantity', COLUMNS.quantity, y, { size: 8, dim: true, right: true })
  text(doc, 'Unit price', COLUMNS.price, y, { size: 8, dim: true, right: true })
  text(doc, `Amount, ${currency}`, COLUMNS.amount, y, { size: 8, dim: true, right: true })
  rule(doc, y + 13, MARGIN, INK)
  return y + 19
}

const lineRows = (doc: Doc, invoice: InvoiceSheet, start: number): number => {
  let y = start
  for (const line of invoice.lines) {
    if (y > BOTTOM) {
      doc.addPage()
      y = tableHead(doc, MARGIN, invoice.currency)
    }
    text(doc, line.description, MARGIN, y, { width: 200 })
    const below = doc.y
    const isOther =
      line.serviceStart.getTime() !== invoice.periodStart.getTime() ||
      line.serviceEnd.getTime() !== invoice.periodEnd.getTime()
    if (isOther)
      text(doc, `${dayText(line.serviceStart)} to ${lastDay(line.serviceEnd)}`, MARGIN, below, { size: 7.5, dim: true })
    text(doc, quantityOf(line), COLUMNS.quantity, y, { right: true })
    text(doc, line.unitAmount ?? '', COLUMNS.price, y, { right: true })
    text(doc, grouped(majorText(line.amountMinor, invoice.currency)), COLUMNS.amount, y, { right: true })
    y = (isOther ? below + 11 : below) + 4
    rule(doc, y)
    y += 5
  }
  return y
}

const sums = (doc: Doc, invoice: InvoiceSheet, start: number): number => {
  const money = (amount: bigint) => grouped(majorText(amount, invoice.currency))
  const rows: [string, bigint, boolean?][] = [
    ['Subtotal', invoice.subtotalMinor],
    ...(invoice.discountMinor ? [['Discount', -invoice.discountMinor] as [string, bigint]] : []),
    ...(invoice.promotionalMinor ? [['Promotional credit', -invoice.promotionalMinor] as [string, bigint]] : []),
    ...invoice.taxes.map((tax): [string, bigint] => [
      tax.kind === 'reverse_charge'
        ? `${tax.name}: the recipient accounts for the tax (reverse charge)`
        : `${tax.name}, ${tax.percent} %${tax.inclusive ? ', included' : ''} of ${money(BigInt(tax.netMinor))}`,
      BigInt(tax.taxMinor),
    ]),
    [`Total, ${invoice.currency}`, invoice.totalMinor, true],
    ...(invoice.prepaidMinor ? [['Prepaid credit', -invoice.prepaidMinor] as [string, bigint]] : []),
    ...invoice.notes.map((note): [string, bigint] => [`Credit note ${note.number}`, -note.totalMinor]),
    ...invoice.payments.map((one): [string, bigint] => [
      `${one.kind === 'payment' ? 'Paid' : one.kind === 'refund' ? 'Refunded' : 'Charged back'} ${dayText(one.receivedAt)}`,
      -one.amountMinor,
    ]),
    ...(invoice.state === 'finalized' || invoice.state === 'paid'
      ? [['Open', invoice.openMinor, true] as [string, bigint, boolean]]
      : []),
  ]
  let y = start + 6
  for (const [word, amount, strong] of rows) {
    if (y > BOTTOM + 20) {
      doc.addPage()
      y = MARGIN
    }
    if (strong) rule(doc, y - 4, 300, INK)
    text(doc, word, 300, y, { bold: strong ?? false, size: strong ? 10 : 9 })
    text(doc, money(amount), RIGHT, y, { right: true, bold: strong ?? false, size: strong ? 10 : 9 })
    y += 18
  }
  return y
}

/**
 * An invoice as a PDF (A4), with the standard fonts. The same invoice in the same state gives the same bytes.
 * @param link where the invoice can be read and its lines opened
 */
export const invoicePdf = async (invoice: InvoiceSheet, link: string): Promise<Buffer> => {
  const made = invoice.finalizedAt
  // Loaded when it is first needed: a start should not wait for it.
  const { default: PdfDocument } = await import('pdfkit')
  const doc = new PdfDocument({
    size: 'A4',
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 20 },
    bufferPages: true,
    info: { Title: `Invoice ${invoice.number}`, Author: invoice.seller?.name ?? '', CreationDate: made, ModDate: made },
  })
  const chunks: Buffer[] = []
  const whole = new Promise<Buffer>((resolve, reject) => {
    doc.on('data', (chunk: Buffer) => chunks.push(chunk))
    doc.on('end', () => resolve(Buffer.concat(chunks)))
    doc.on('error', reject)
  })
  let y = tableHead(doc, head(doc, invoice), invoice.currency)
  y = sums(doc, invoice, lineRows(doc, invoice, y))
  if (invoice.state === 'finalized' && invoice.driver === 'manual' && invoice.openMinor > 0n) {
    if (y > BOTTOM) {
      doc.addPage()
      y = MARGIN
    }
    const by = invoice.dueAt ? ` by ${dayText(invoice.dueAt)}` : ''
    const open = `${grouped(majorText(invoice.openMinor, invoice.currency))} ${invoice.currency}`
    text(doc, `Please pay ${open}${by}, with the reference ${invoice.number}.`, MARGIN, y + 8, {
      bold: true,
      width: 480,
    })
    if (invoice.paymentDetails) text(doc, invoice.paymentDetails, MARGIN, doc.y + 4, { width: 480 })
  }
  const pages = doc.bufferedPageRange()
  for (let page = 0; page < pages.count; page++) {
    doc.switchToPage(page)
    text(doc, `Every usage line opens to the signed readings behind it: ${link}`, MARGIN, PAGE.height - 42, {
      size: 7.5,
      dim: true,
    })
    text(doc, `SHA-256 ${invoice.digest ?? ''}`, MARGIN, PAGE.height - 32, { size: 7, dim: true })
    text(doc, `Page ${page + 1} of ${pages.count}`, RIGHT, PAGE.height - 32, { size: 7.5, dim: true, right: true })
  }
  doc.end()
  return whole
}
