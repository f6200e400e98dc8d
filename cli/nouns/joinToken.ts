import { connect, controlPlane } from '../client.ts'
import { json, out, table, time } from '../print.ts'
import { noun, verb, whole } from '../verb.ts'

export const joinToken = noun('Join tokens: secrets that let hosts enrol.', {
  create: verb(
    'Make a join token; it is shown only now.',
    {
      cluster: { type: 'string', default: 'local', description: 'Cluster of the hosts.', valueHint: 'name' },
      uses: { type: 'string', default: '1', description: 'How many hosts may enrol with it.', valueHint: 'n' },
      hours: { type: 'string', default: '24', description: 'How long it works.', valueHint: 'h' },
    },
    async (args) => {
      const made = await connect().hosts.joinTokens.create.mutate({
        cluster: args.cluster,
        maxUses: whole('uses', args.uses, 1) ?? 1,
        expiresInHours: whole('hours', args.hours, 1) ?? 24,
      })
      if (args.json) return out(json(made))
      const { token } = made
      out(`${token}\n`)
      process.stderr.write(
        `On the host, as root: curl -fsSL ${controlPlane()}/install.sh | sh -s -- --token ${token}\nIt works until ${time(made.expiresAt)}.\n`,
      )
    },
  ),
  list: verb('List join tokens.', {}, async (args) => {
    const rows = await connect().hosts.joinTokens.list.query()
    if (args.json) return out(json(rows))
    out(
      table(rows, [
        ['id', (t) => t.id, 'right'],
        ['token', (t) => t.hint],
        ['state', (t) => t.state],
        ['cluster', (t) => t.cluster],
        ['used', (t) => `${t.uses} of ${t.maxUses}`],
        ['by', (t) => t.createdBy],
        ['expires', (t) => time(t.expiresAt)],
      ]),
    )
  }),
  revoke: verb(
    'End a join token; hosts that enrolled with it stay.',
    { id: { type: 'positional', required: true, description: 'Its number.' } },
    async (args) => {
      await connect().hosts.joinTokens.revoke.mutate({ id: args.id })
      out(args.json ? json({ id: args.id, state: 'revoked' }) : `join token ${args.id} is revoked\n`)
    },
  ),
})
