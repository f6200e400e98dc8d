import { connect } from '../client.ts'
import { Failure, usage } from '../failure.ts'
import { facts, json, out, table, time } from '../print.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'

const KINDS = ['billing', 'abuse', 'admin'] as const
const name = { type: 'positional', required: true, description: 'Name of the account.' } as const

export const account = noun('Accounts: who owns apps and pays.', {
  list: verb(
    'List open accounts.',
    {
      search: { type: 'string', description: 'With this in the name.', valueHint: 'text' },
      held: { type: 'boolean', description: 'Only those with a hold.' },
      limit: { type: 'string', default: '200', description: 'At most so many, 200 or less.', valueHint: 'n' },
    },
    async (args) => {
      const list = await connect().accounts.list.query({
        limit: whole('limit', args.limit, 1) ?? 200,
        ...(args.search ? { search: args.search } : {}),
        ...(args.held ? { held: true } : {}),
      })
      if (args.json) return out(json(list))
      out(
        table(list.rows, [
          ['account', (a) => a.name],
          ['kind', (a) => a.kind],
          ['plan', (a) => a.plan],
          ['display name', (a) => a.displayName],
        ]),
      )
    },
  ),
  show: verb('Show one account.', { account: name }, async (args) => {
    const found = await connect().accounts.view.query({ account: args.account })
    if (args.json) return out(json(found))
    out(
      facts([
        ['account', found.name],
        ['kind', found.kind],
        ['display name', found.displayName],
        ['plan', found.plan],
        ['holds', found.holds.map((h) => `${h.kind} since ${time(h.placedAt)}: ${h.reason}`).join('; ') || 'none'],
      ]),
    )
  }),
  create: verb(
    'Make an organization; with --owner for somebody else.',
    {
      account: name,
      display: { type: 'string', description: 'Display name; else the name.', valueHint: 'text' },
      owner: { type: 'string', description: 'E-mail address of its owner.', valueHint: 'mail' },
    },
    async (args) => {
      const api = connect()
      const input = { name: args.account, displayName: args.display ?? args.account }
      if (args.owner) await api.accounts.createFor.mutate({ ...input, ownerEmail: args.owner })
      else await api.accounts.create.mutate(input)
      out(args.json ? json({ name: args.account }) : `account ${args.account} is made\n`)
    },
  ),
  hold: verb(
    'Suspend an account: its containers are stopped, its data stays.',
    {
      account: name,
      kind: { type: 'string', default: 'admin', description: KINDS.join(', '), valueHint: 'kind' },
      reason: { type: 'string', required: true, description: 'Why; the account sees it.', valueHint: 'text' },
    },
    async (args) => {
      const kind = oneOf('kind', args.kind, KINDS) ?? 'admin'
      await connect().accounts.holds.place.mutate({ account: args.account, kind, reason: args.reason })
      out(args.json ? json({ account: args.account, kind }) : `${args.account} is held (${kind})\n`)
    },
  ),
  lift: verb(
    'Lift a hold; when it is the last, what it stopped is started again.',
    {
      account: name,
      kind: { type: 'string', default: 'admin', description: KINDS.join(', '), valueHint: 'kind' },
      reason: { type: 'string', required: true, description: 'Why.', valueHint: 'text' },
    },
    async (args) => {
      const api = connect()
      const kind = oneOf('kind', args.kind, KINDS)
      if (!kind) throw usage('say which hold with --kind')
      const { holds } = await api.accounts.view.query({ account: args.account })
      const hold = holds.find((one) => one.kind === kind)
      if (!hold) throw new Failure(`${args.account} has no ${kind} hold`)
      await api.accounts.holds.lift.mutate({ account: args.account, holdId: String(hold.id), note: args.reason })
      out(
        args.json
          ? json({ account: args.account, kind, lifted: true })
          : `the ${kind} hold on ${args.account} is lifted\n`,
      )
    },
  ),
})
