import { connect } from '../client.ts'
import { json, out, table, time } from '../print.ts'
import { noun, verb, whole } from '../verb.ts'

const text = (description: string) => ({ type: 'string', description, valueHint: 'text' }) as const

export const auditNoun = noun('The audit log.', {
  list: verb(
    'List what was changed, newest first.',
    {
      action: text('Actions with this in their name.'),
      actor: text('Of one actor.'),
      subject: text('About one thing.'),
      account: text('Of one account.'),
      limit: { type: 'string', default: '50', description: 'At most so many, 200 or less.', valueHint: 'n' },
    },
    async (args) => {
      const { action, actor, subject, account } = args
      const list = await connect().accounts.audit.list.query({
        limit: whole('limit', args.limit, 1) ?? 50,
        ...(action ? { action } : {}),
        ...(actor ? { actor } : {}),
        ...(subject ? { subject } : {}),
        ...(account ? { account } : {}),
      })
      if (args.json) return out(json(list))
      out(
        table(list.rows, [
          ['at', (e) => time(e.at)],
          ['actor', (e) => e.actorLabel],
          ['action', (e) => e.action],
          ['subject', (e) => `${e.subjectKind} ${e.subjectId}`],
          ['account', (e) => e.account],
          ['ip', (e) => e.ip],
        ]),
      )
    },
  ),
})
