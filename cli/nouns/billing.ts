import { readFileSync } from 'node:fs'
import { connect } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { money } from '../money.ts'
import { facts, json, out, table } from '../print.ts'
import { noun, oneOf, verb } from '../verb.ts'

const readFile = (path: string): string => {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Failure(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`)
  }
}

/** A day or an instant in UTC. @throws Failure (usage) */
const instant = (name: string, text: string): string => {
  const at = new Date(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)
  if (Number.isNaN(at.getTime())) throw usage(`--${name} is a day such as 2026-10-01, not "${text}"`)
  return at.toISOString()
}

export const billingNoun = noun('Coming from another billing system (for admins).', {
  import: verb(
    'Import customers, subscriptions and open balances from a JSON or CSV file. Without --apply it only tries.',
    {
      file: {
        type: 'positional',
        required: true,
        description: 'The file; docs/operations/billing.md has its columns.',
      },
      apply: { type: 'boolean', description: 'Import, where nothing is wrong.' },
    },
    async (args) => {
      const report = await connect().billing.revenue.import.mutate({
        text: readFile(args.file),
        apply: args.apply === true,
      })
      if (args.json) out(json(report))
      else {
        out(
          table(
            report.rows,
            [
              ['line', (row) => row.line, 'right'],
              ['customer', (row) => row.id],
              ['account', (row) => row.account],
              ['outcome', (row) => ({ made: 'new', joined: 'joins', before: 'imported before' })[row.outcome]],
              ['does', (row) => row.does.join('; ')],
            ],
            'no customers',
          ),
        )
        for (const { line, path, message } of report.faults)
          out(`${args.file}:${line}: ${path ? `${path}: ` : ''}${message}\n`)
        if (report.faults.length === 0)
          out(
            report.applied ? '\nImported.\n' : '\nNothing is wrong, and nothing was changed. Import it with --apply.\n',
          )
      }
      if (report.faults.length > 0) throw new Failure(`${report.faults.length} faults; nothing was imported`)
    },
  ),
  shadow: verb(
    'Rate a past period of an account beside the lines of the old bill, and show what differs. Changes nothing.',
    {
      file: {
        type: 'positional',
        required: true,
        description: 'The old bill’s lines: price, app, description, amount.',
      },
      account: { type: 'string', required: true, description: 'The account.', valueHint: 'name' },
      from: { type: 'string', required: true, description: 'The period’s first day.', valueHint: 'day' },
      to: { type: 'string', required: true, description: 'The day after its last.', valueHint: 'day' },
      plan: { type: 'string', description: 'A plan’s key; the account’s own without it.', valueHint: 'plan' },
      currency: { type: 'string', description: 'With --plan (EUR).', valueHint: 'code' },
      interval: { type: 'string', description: 'With --plan: month (default) or year.', valueHint: 'interval' },
    },
    async (args) => {
      const found = await connect().billing.revenue.shadow.mutate({
        account: args.account,
        from: instant('from', args.from),
        to: instant('to', args.to),
        text: readFile(args.file),
        ...(args.plan
          ? {
              plan: {
                key: args.plan,
                currency: args.currency ?? 'EUR',
                interval: oneOf('interval', args.interval, ['month', 'year']) ?? 'month',
              },
            }
          : {}),
      })
      if (args.json) return out(json(found))
      const { currency } = found
      const side = (amount: Parameters<typeof money>[0] | null) => (amount === null ? '-' : money(amount, currency))
      out(
        table(
          found.lines,
          [
            ['price', (line) => line.price],
            ['app', (line) => line.app ?? ''],
            ['lines', (line) => line.lines.join(',')],
            ['old', (line) => side(line.oldMinor), 'right'],
            ['here', (line) => side(line.newMinor), 'right'],
            ['difference', (line) => side(line.differenceMinor), 'right'],
          ],
          'neither side has a line',
        ),
      )
      out('\n')
      out(
        facts([
          ['plan', `${found.plan}, version ${found.version}`],
          ['old bill', `${side(found.oldMinor)} ${currency}`],
          ['here', `${side(found.newMinor)} ${currency}`],
        ]),
      )
    },
  ),
})
