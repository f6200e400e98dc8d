import { connect } from '../client.ts'
import { json, out, table } from '../print.ts'
import { noun, verb } from '../verb.ts'

const account = { type: 'string', required: true, description: 'The account.', valueHint: 'name' } as const

export const plan = noun('The plans that are sold.', {
  list: verb(
    'List the plans an account may choose from.',
    { account, currency: { type: 'string', description: 'Prices in it.', valueHint: 'EUR' } },
    async (args) => {
      const { offers } = await connect().billing.subscription.offers.query({
        account: args.account,
        ...(args.currency ? { currency: args.currency.toUpperCase() } : {}),
      })
      if (args.json) return out(json(offers))
      out(
        table(
          offers,
          [
            ['version', (row) => row.id, 'right'],
            ['plan', (row) => row.plan],
            ['by the', (row) => row.interval],
            ['currency', (row) => row.currency],
            ['prices', (row) => row.terms.prices.map((price) => price.name).join(', ') || 'nothing'],
            ['trial', (row) => (row.trial > 0 ? `${row.trial} d` : '-')],
          ],
          'no plan is on sale',
        ),
      )
    },
  ),
})
