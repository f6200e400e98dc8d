import { connect } from '../client.ts'
import { json, out, table, time } from '../print.ts'
import { noun, oneOf, verb } from '../verb.ts'

const STATES = ['open', 'acknowledged', 'resolved', 'unresolved'] as const

export const violation = noun('Limits that were crossed.', {
  list: verb(
    'List violations.',
    {
      state: { type: 'string', default: 'unresolved', description: STATES.join(', '), valueHint: 'state' },
      account: { type: 'string', description: 'Of one account.', valueHint: 'name' },
    },
    async (args) => {
      const state = oneOf('state', args.state, STATES)
      const list = await connect().usage.violations.list.query({
        ...(state ? { state } : {}),
        ...(args.account ? { account: args.account } : {}),
      })
      if (args.json) return out(json(list))
      out(
        table(list.rows, [
          ['id', (v) => v.id, 'right'],
          ['account', (v) => v.account ?? 'unattributed'],
          ['app', (v) => v.app],
          ['meter', (v) => (v.kind === 'runaway_log' ? 'runaway log' : v.meter)],
          ['level', (v) => v.level],
          ['state', (v) => v.state],
          ['used', (v) => v.used, 'right'],
          ['limit', (v) => v.limit, 'right'],
          ['since', (v) => time(v.openedAt)],
        ]),
      )
    },
  ),
  ack: verb(
    'Acknowledge a violation.',
    {
      id: { type: 'positional', required: true, description: 'Its number; several by commas.' },
      note: { type: 'string', default: '', description: 'What is done about it.', valueHint: 'text' },
    },
    async (args) => {
      const done = await connect().usage.violations.acknowledge.mutate({ ids: args.id.split(','), note: args.note })
      out(args.json ? json(done ?? { ids: args.id.split(',') }) : `violation ${args.id} is acknowledged\n`)
    },
  ),
})
