import { readFileSync, writeFileSync } from 'node:fs'
import { verifyBundle } from '#server/billing/verifyBundle.ts'
import { connect } from '../client.ts'
import { Failure } from '../failure.ts'
import { money } from '../money.ts'
import { facts, json, number, out, table, time } from '../print.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

const plain = (text: string) => text.replace(/\p{Cc}/gu, ' ')
const said = (agrees: boolean, what: string, says: string) =>
  `${agrees ? 'agrees ' : 'DIFFERS'}  ${plain(what)}${says ? `: ${plain(says)}` : ''}\n`

const verifyFile = (path: string, key: string | undefined) => {
  try {
    return verifyBundle(readFile(path), { key })
  } catch (error) {
    if (error instanceof TypeError) throw new Failure(`${path} does not verify: ${error.message}`)
    throw error
  }
}

const account = { type: 'string', required: true, description: 'The account.', valueHint: 'name' } as const
const named = { type: 'positional', required: true, description: 'The invoice’s number.' } as const

const day = (at: Date | string | null) => (at === null ? '-' : time(at).slice(0, 10))

/** What quantities are billed in, and how many base units make one. */
const UNITS: Record<string, { unit: string; perUnit: number }> = {
  cpu: { unit: 'vCPU-h', perUnit: 3.6e9 },
  memory: { unit: 'GiB-h', perUnit: 3_686_400 },
  disk: { unit: 'GiB-h', perUnit: 3_686_400 },
  egress: { unit: 'GB', perUnit: 1e9 },
}
const quantity = (meter: string | null, amount: unknown): string => {
  if (amount === null) return ''
  return meter === null ? String(amount) : number(Number(amount) / (UNITS[meter]?.perUnit ?? 1), 4)
}

const FORMATS = ['evidence', 'pdf', 'csv'] as const

/** The file of an invoice, as bytes. */
const fileOf = async (input: { account: string; number: string }, format: (typeof FORMATS)[number]) => {
  const api = connect()
  if (format === 'pdf') {
    const file = await api.billing.evidence.pdf.query(input)
    return { name: file.fileName, bytes: Buffer.from(file.base64, 'base64') }
  }
  const file =
    format === 'csv' ? await api.billing.evidence.csv.query(input) : await api.billing.evidence.bundle.query(input)
  return { name: file.fileName, bytes: Buffer.from(file.text) }
}

export const invoice = noun('Invoices, and what proves them.', {
  list: verb(
    'List an account’s invoices, newest first.',
    { account, limit: { type: 'string', description: 'At most so many (50).', valueHint: 'n' } },
    async (args) => {
      const limit = whole('limit', args.limit, 1)
      const { rows } = await connect().billing.invoices.list.query({
        account: args.account,
        ...(limit ? { limit: Math.min(limit, 200) } : {}),
      })
      if (args.json) return out(json(rows))
      out(
        table(
          rows,
          [
            ['number', (row) => row.number ?? '(draft)'],
            ['state', (row) => (row.isPastDue ? 'past due' : row.state)],
            ['from', (row) => day(row.periodStart)],
            ['until', (row) => day(row.periodEnd)],
            ['due', (row) => day(row.dueAt)],
            ['total', (row) => money(row.totalMinor, row.currency), 'right'],
            ['open', (row) => money(row.openMinor, row.currency), 'right'],
            ['currency', (row) => row.currency],
          ],
          'no invoices yet',
        ),
      )
    },
  ),
  show: verb('Show an invoice with its lines.', { account, number: named }, async (args) => {
    const shown = await connect().billing.evidence.sheet.query({ account: args.account, number: args.number })
    if (args.json) return out(json(shown))
    const { currency } = shown
    out(
      facts([
        ['number', shown.number],
        ['state', shown.standing.replace('_', ' ')],
        ['period', `${day(shown.periodStart)} to ${day(shown.periodEnd)}`],
        ['due', day(shown.dueAt)],
        [
          'evidence',
          shown.sealed ? (shown.sealed.agrees ? 'sealed, reconciles' : 'sealed, does not reconcile') : 'being sealed',
        ],
        ['digest', shown.digest],
      ]),
    )
    out('\n')
    out(
      table(
        shown.lines,
        [
          ['line', (line) => line.position, 'right'],
          ['description', (line) => line.description],
          ['quantity', (line) => quantity(line.meter, line.quantity), 'right'],
          ['unit', (line) => (line.meter === null ? '' : UNITS[line.meter]?.unit)],
          ['unit price', (line) => line.unitAmount, 'right'],
          ['amount', (line) => money(line.amountMinor, currency), 'right'],
        ],
        'no lines',
      ),
    )
    out('\n')
    out(
      facts([
        ['subtotal', money(shown.subtotalMinor, currency)],
        ['discount', money(shown.discountMinor, currency)],
        ['tax', money(shown.taxMinor, currency)],
        ['total', `${money(shown.totalMinor, currency)} ${currency}`],
        ['open', money(shown.openMinor, currency)],
      ]),
    )
  }),
  export: verb(
    'Write an invoice’s evidence bundle, PDF or lines to a file.',
    {
      account,
      number: named,
      format: { type: 'string', description: 'evidence (default), pdf or csv.', valueHint: 'format' },
      out: {
        type: 'string',
        description: 'The file; its own name where none is given, - for stdout.',
        valueHint: 'file',
      },
    },
    async (args) => {
      const format = oneOf('format', args.format, FORMATS) ?? 'evidence'
      const { name, bytes } = await fileOf({ account: args.account, number: args.number }, format)
      if (args.out === '-') return void process.stdout.write(bytes)
      const path = args.out ?? name.replace(/[^\w.-]/g, '_')
      writeFileSync(path, bytes)
      out(args.json ? json({ file: path, bytes: bytes.length }) : `${path}\n`)
    },
  ),
  verify: verb(
    'Verify an exported evidence bundle, without a network: signatures, readings, sums, prices.',
    {
      file: { type: 'positional', required: true, description: 'The bundle, as downloaded.' },
      key: { type: 'string', description: 'The control plane’s public key to hold it to.', valueHint: 'base64' },
    },
    async (args) => {
      const found = verifyFile(args.file, args.key)
      if (args.json) out(json(found))
      else {
        out(
          `Invoice ${plain(found.number)} of ${plain(found.account)}, sealed ${plain(found.sealedAt)} by key ${found.key}\n\n`,
        )
        for (const { agrees, what, says } of found.checks) out(said(agrees, what, says))
        out('\n')
        for (const { position, agrees, description, amount, says } of found.lines)
          out(said(agrees, `line ${position}, ${description}, ${amount}`, says.join(', ')))
      }
      if (found.agrees) return
      const differ = [...found.checks, ...found.lines].filter(({ agrees }) => !agrees).length
      throw new Failure(
        `${found.number} does not verify: ${differ} of ${found.checks.length + found.lines.length} checks differ`,
      )
    },
  ),
})
