import { connect } from '../client.ts'
import { json, out, table } from '../print.ts'
import { noun, oneOf, verb } from '../verb.ts'

const KINDS = ['free', 'paid', 'internal'] as const
const TRUSTS = ['platform', 'tenant', 'signed'] as const

export const cluster = noun('Clusters: what hosts stand under.', {
  list: verb('List clusters.', {}, async (args) => {
    const rows = await connect().hosts.clusters.list.query()
    if (args.json) return out(json(rows))
    out(
      table(rows, [
        ['cluster', (c) => c.name],
        ['kind', (c) => c.kind],
        ['labels', (c) => (c.tenantAccount ? `tenant ${c.tenantAccount}` : c.labelTrust)],
        ['hosts', (c) => c.hosts, 'right'],
      ]),
    )
  }),
  create: verb(
    'Make a cluster.',
    {
      name: { type: 'positional', required: true, description: 'Lower-case letters, digits and dashes.' },
      kind: { type: 'string', default: 'free', description: KINDS.join(', '), valueHint: 'kind' },
      trust: {
        type: 'string',
        default: 'platform',
        description: `How far labels are believed: ${TRUSTS.join(', ')}.`,
        valueHint: 'trust',
      },
      account: { type: 'string', description: 'The tenant, with --trust tenant.', valueHint: 'name' },
    },
    async (args) => {
      const made = await connect().hosts.clusters.create.mutate({
        name: args.name,
        kind: oneOf('kind', args.kind, KINDS) ?? 'free',
        labelTrust: oneOf('trust', args.trust, TRUSTS) ?? 'platform',
        tenantAccount: args.account ?? null,
      })
      out(args.json ? json({ ...made, name: args.name }) : `cluster ${args.name} is made\n`)
    },
  ),
})
