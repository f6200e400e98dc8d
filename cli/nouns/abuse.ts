import { stripVTControlCharacters } from 'node:util'
import { connect } from '../client.ts'
import { usage } from '../failure.ts'
import { json, out, table, time } from '../print.ts'
import { noun, oneOf, verb } from '../verb.ts'

const DECISIONS = ['clear', 'throttle', 'stop', 'delete', 'suspend', 'close', 'hijacked'] as const
const caseArg = { type: 'positional', required: true, description: 'The case, such as AB-31.' } as const
const reasonArg = { type: 'string', description: 'Why, in a few words.', valueHint: 'text' } as const

/** What agents read from hostile programs must not reach a terminal as it is. */
const safe = (text: string) => stripVTControlCharacters(text).replaceAll(/\p{C}/gu, ' ')

const requireReason = (reason: string | undefined): string => {
  if (!reason) throw usage('say why with --reason "…"')
  return reason
}

export const abuse = noun('Cases of abuse, and whether hosts act on it.', {
  cases: verb(
    'List cases, newest first.',
    {
      closed: { type: 'boolean', default: false, description: 'Those that are closed.' },
      owner: { type: 'string', description: 'Of one account or label value.', valueHint: 'name' },
    },
    async (args) => {
      const list = await connect().abuse.cases.query({
        open: !args.closed,
        ...(args.owner ? { owner: args.owner } : {}),
        limit: 200,
      })
      if (args.json) return out(json(list))
      out(
        table(list.cases, [
          ['case', (row) => `AB-${row.id}`],
          ['account', (row) => safe(row.owner)],
          ['app', (row) => safe(row.app)],
          ['what', (row) => row.category.replaceAll('_', ' ')],
          ['score', (row) => row.points, 'right'],
          ['strikes', (row) => row.strikes, 'right'],
          ['state', (row) => row.outcome ?? row.state],
          ['opened', (row) => time(row.openedAt)],
        ]),
      )
    },
  ),
  show: verb('Show a case: reasons, strikes, timeline, and what happens next.', { case: caseArg }, async (args) => {
    const of = await connect().abuse.case.query({ id: args.case })
    if (args.json) return out(json(of))
    const heaviest = of.sightings.toSorted((a, b) => b.points - a.points)[0]
    out(
      `AB-${of.id}  ${safe(of.owner)}/${safe(of.app)}  ${of.outcome ?? of.state}  ${of.strikes} of ${of.strikesToDelete} strikes\n`,
    )
    for (const one of heaviest?.contributions ?? []) {
      out(`  ${String(one.points).padStart(4)}  ${safe(one.words)}\n`)
    }
    out('\n')
    out(
      table(of.events, [
        ['when', (event) => time(event.at)],
        ['what', (event) => safe(event.words)],
        ['by', (event) => safe(event.actor)],
      ]),
    )
    out(`\nNext: ${of.next.words}\n`)
  }),
  export: verb('Print a case as one JSON document.', { case: caseArg }, async (args) => {
    const { content } = await connect().abuse.export.query({ id: args.case })
    out(`${content}\n`)
  }),
  overrule: verb(
    'Decide a case, whatever the machine would do; the owner is told with the reason.',
    {
      case: caseArg,
      decision: { type: 'positional', required: true, description: DECISIONS.join(', ') },
      reason: reasonArg,
    },
    async (args) => {
      const decision = oneOf('decision', args.decision, DECISIONS)
      if (!decision) throw usage(`a decision is one of ${DECISIONS.join(', ')}`)
      const reason = requireReason(args.reason)
      await connect().abuse.overrule.mutate({ id: args.case, decision, reason })
      out(args.json ? json({ case: args.case, decision }) : `${args.case} is decided: ${decision}\n`)
    },
  ),
  'hold-fire': verb(
    'Stop acting on abuse everywhere, or go on; without a word, say how it stands.',
    {
      state: { type: 'positional', required: false, description: 'on or off' },
      reason: reasonArg,
    },
    async (args) => {
      const api = connect()
      if (args.state === undefined) {
        const { holdFire } = await api.abuse.settings.query()
        return out(args.json ? json(holdFire) : `hold fire is ${holdFire.on ? `on: ${holdFire.reason}` : 'off'}\n`)
      }
      const state = oneOf('state', args.state, ['on', 'off'] as const)
      await api.abuse.holdFire.mutate({ on: state === 'on', reason: requireReason(args.reason) })
      out(args.json ? json({ holdFire: state === 'on' }) : `hold fire is ${state}\n`)
    },
  ),
})
