import { connect } from '../client.ts'
import { usage } from '../failure.ts'
import { json, out, table, time } from '../print.ts'
import { noun, verb, whole } from '../verb.ts'

const SCOPES = ['read', 'write', 'operate', 'admin'] as const

const scopesOf = (text: string) =>
  text.split(',').map((word) => {
    const scope = SCOPES.find((one) => one === word.trim())
    if (!scope) throw usage(`--scopes takes ${SCOPES.join(', ')}, by commas; not "${word}"`)
    return scope
  })

export const token = noun('API tokens.', {
  create: verb(
    'Make an API token; it is shown only now.',
    {
      name: { type: 'positional', required: true, description: 'What it is for.' },
      scopes: { type: 'string', default: 'read', description: `${SCOPES.join(', ')}; by commas.`, valueHint: 'scopes' },
      days: { type: 'string', default: '90', description: 'How long it works; 0 for ever.', valueHint: 'n' },
    },
    async (args) => {
      const days = whole('days', args.days) ?? 90
      const made = await connect().accounts.tokens.create.mutate({
        name: args.name,
        scopes: scopesOf(args.scopes),
        expiresInDays: days === 0 ? null : days,
      })
      out(args.json ? json(made) : `${made.token}\n`)
    },
  ),
  list: verb('List my API tokens.', {}, async (args) => {
    const { rows } = await connect().accounts.tokens.mine.query()
    if (args.json) return out(json(rows))
    out(
      table(rows, [
        ['id', (t) => t.id, 'right'],
        ['name', (t) => t.name],
        ['token', (t) => t.hint],
        ['scopes', (t) => t.scopes.join(',')],
        ['last used', (t) => time(t.lastUsedAt)],
        ['expires', (t) => time(t.expiresAt)],
      ]),
    )
  }),
  revoke: verb(
    'End an API token.',
    { id: { type: 'positional', required: true, description: 'Its number.' } },
    async (args) => {
      await connect().accounts.tokens.revoke.mutate({ id: args.id })
      out(args.json ? json({ id: args.id, state: 'revoked' }) : `token ${args.id} is revoked\n`)
    },
  ),
})
