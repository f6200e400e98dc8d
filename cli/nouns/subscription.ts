import { connect } from '../client.ts'
import { usage } from '../failure.ts'
import { money } from '../money.ts'
import { facts, json, out, table, time } from '../print.ts'
import { noun, oneOf, verb } from '../verb.ts'

const account = { type: 'string', required: true, description: 'The account.', valueHint: 'name' } as const

/** `private_repositories=30,seats=2` as quantities by price key. */
const quantitiesOf = (text: string | undefined): Record<string, number> | undefined => {
  if (text === undefined) return undefined
  return Object.fromEntries(
    text.split(',').map((pair) => {
      const [key = '', count = ''] = pair.split('=')
      if (!/^[a-z_0-9]+$/.test(key) || !/^\d{1,6}$/.test(count))
        throw usage(`--quantities is key=number, such as private_repositories=30, not "${pair}"`)
      return [key, Number(count)]
    }),
  )
}

export const subscription = noun('An account’s plan.', {
  show: verb('Show what an account is on.', { account }, async (args) => {
    const view = await connect().billing.subscription.get.query({ account: args.account })
    if (args.json) return out(json(view))
    const { subscription: held, version } = view
    out(
      facts([
        ['plan', `${version.plan}, version ${version.version}`],
        ['state', held.cancelAtPeriodEnd ? `${held.state}, ends ${time(held.paidUntil)}` : held.state],
        ['paid', `${time(held.paidFrom)} to ${time(held.paidUntil)}`],
        ['usage', `${time(held.periodStart)} to ${time(held.periodEnd)}`],
        ...Object.entries(held.quantities).map(([key, count]): [string, string] => [key, String(count)]),
        ['coupon', view.coupon?.code ?? '-'],
      ]),
    )
    out('\n')
    out(
      table(
        view.entitlements,
        [
          ['may have', (row) => row.key],
          ['how many', (row) => row.value ?? 'no limit', 'right'],
          ['by', (row) => row.source],
        ],
        'nothing is granted',
      ),
    )
  }),
  change: verb(
    'Change the plan; without --yes only say what it would cost.',
    {
      account,
      version: { type: 'string', required: true, description: 'Of `wharf plan list`.', valueHint: 'n' },
      quantities: { type: 'string', description: 'How many of what is sold by number.', valueHint: 'key=n' },
      yes: { type: 'boolean', description: 'Do it.' },
    },
    async (args) => {
      const api = connect()
      const quantities = quantitiesOf(args.quantities)
      const input = { account: args.account, planVersionId: args.version, ...(quantities && { quantities }) }
      const preview = await api.billing.subscription.preview.query(input)
      const { currency } = preview.to
      if (!args.yes) {
        if (args.json) return out(json(preview))
        out(
          table(
            preview.lines,
            [
              ['line', (line) => line.description],
              ['seconds', (line) => String(line.detail['seconds'] ?? ''), 'right'],
              ['of', (line) => String(line.detail['ofSeconds'] ?? ''), 'right'],
              [currency, (line) => money(line.amount, currency), 'right'],
            ],
            'nothing is charged now',
          ),
        )
        const due = preview.totals
          ? `${money(preview.totals.totalMinor, currency)} ${currency} with tax`
          : `${money(preview.netMinor, currency)} ${currency} before tax`
        return out(`\n${due}; add --yes to change to ${preview.to.plan}\n`)
      }
      const held = await api.billing.subscription.get.query({ account: args.account })
      const shown = { at: String(preview.at), netMinor: String(preview.netMinor) }
      const done = await api.billing.subscription.change.mutate({ ...input, ...(!held.isFree && { shown }) })
      out(args.json ? json(done) : `${args.account} is on ${preview.to.plan}\n`)
    },
  ),
  cancel: verb(
    'End the plan: with what is paid for, or now with the rest given back.',
    { account, when: { type: 'string', description: 'period-end (default) or now.', valueHint: 'when' } },
    async (args) => {
      const when = oneOf('when', args.when, ['period-end', 'now']) ?? 'period-end'
      const done = await connect().billing.subscription.cancel.mutate({
        account: args.account,
        when: when === 'now' ? 'now' : 'period_end',
      })
      out(args.json ? json(done) : `the plan of ${args.account} ends ${time(done.at)}\n`)
    },
  ),
})
