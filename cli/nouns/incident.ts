import { usage } from '../failure.ts'
import { facts, json, out, table, time } from '../print.ts'
import {
  componentsOf,
  hostsOf,
  incidentNamed,
  newestOf,
  post,
  refuseFailed,
  showDeliveries,
  updateOf,
  type Post,
} from '../posting.ts'
import { direct, through, type Reach } from '../reach.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'

const FILTERS = ['open', 'drafts', 'planned', 'past', 'all'] as const
const STATES = [
  'investigating',
  'identified',
  'monitoring',
  'resolved',
  'postmortem',
  'scheduled',
  'in_progress',
  'verifying',
  'completed',
] as const

const which = { type: 'positional', required: true, description: 'The incident, such as INC-7.' } as const
const text = { type: 'string', required: true, description: 'What to say.', valueHint: 'text' } as const
const number = { type: 'string', description: 'Number of the update it is about; the newest.', valueHint: 'n' } as const

/** Options of every verb that says something. */
const saying = {
  next: { type: 'string', description: 'Promise the next update within so many minutes.', valueHint: 'minutes' },
  saw: {
    type: 'string',
    description: 'Number of the newest update you have read; refused where there is a newer one.',
    valueHint: 'n',
  },
  wait: { type: 'string', description: 'Wait so long for receipts (30); 0 does not.', valueHint: 'seconds' },
  'request-id': {
    type: 'string',
    description: 'Your own id of this post: sent again it is one update.',
    valueHint: 'id',
  },
  direct,
} as const
const parts = {
  component: {
    type: 'string',
    description: 'Status as of this update, by key: registry=major_outage,web=operational.',
    valueHint: 'key=status,…',
  },
  host: { type: 'string', description: 'All hosts that are out, by name.', valueHint: 'host,…' },
} as const

type Saying = {
  next?: string | undefined
  saw?: string | undefined
  wait?: string | undefined
  'request-id'?: string | undefined
  direct?: boolean | undefined
  json?: boolean | undefined
}

const say = async (args: Saying, work: (reach: Reach) => Promise<Post>) => {
  const waitSeconds = whole('wait', args.wait) ?? 30
  await through(
    args.direct,
    async (reach) => {
      const update = await work(reach)
      const next = whole('next', args.next, 5)
      const saw = whole('saw', args.saw)
      const full = {
        ...update,
        ...(next === undefined ? {} : { nextUpdateMinutes: next }),
        ...(saw === undefined ? {} : { sawUpdate: saw }),
      }
      const posted = await post(reach, full, { waitSeconds, requestId: args['request-id'] })
      if (args.json) out(json(posted))
      else showDeliveries(posted.deliveries)
      refuseFailed(posted.deliveries, posted.incident)
    },
    { posts: true },
  )
}

/** Said of what there is: as it stands, after the newest update. */
const following = async ({ api }: Reach, name: string) => {
  const incident = await incidentNamed(api, name)
  const newest = newestOf(incident)
  const begin = incident.kind === 'incident' ? 'investigating' : 'scheduled'
  return {
    incident,
    update: {
      incident: name,
      state: incident.state === 'draft' ? begin : incident.state,
      sawUpdate: newest?.number ?? 0,
      nextUpdateMinutes: newest?.nextUpdateMinutes ?? null,
    } as const,
  }
}

const update = verb(
  'Say something of an incident, on every channel.',
  {
    incident: which,
    text,
    state: { type: 'string', description: STATES.join(', '), valueHint: 'state' },
    ...parts,
    ...saying,
  },
  (args) =>
    say(args, async (reach) => {
      const state = oneOf('state', args.state, STATES)
      const { update } = await following(reach, args.incident)
      return {
        ...update,
        text: args.text,
        components: await componentsOf(reach.api, args.component),
        ...(state ? { state } : {}),
        ...(args.host === undefined ? {} : { hosts: await hostsOf(reach.api, args.host) }),
      }
    }),
)

/** Names the update it is about. */
const about = (kind: 'correction' | 'retraction', description: string) =>
  verb(description, { incident: which, update: number, text, ...saying }, (args) =>
    say(args, async (reach) => {
      const number = whole('update', args.update, 1)
      const { incident, update } = await following(reach, args.incident)
      return { ...update, kind, aboutId: String(updateOf(incident, number).id), text: args.text }
    }),
  )

export const incident = noun('Incidents and maintenances.', {
  list: verb(
    'List them, newest first.',
    {
      filter: { type: 'string', description: FILTERS.join(', '), valueHint: 'filter' },
      limit: { type: 'string', description: 'At most so many (50).', valueHint: 'n' },
      direct,
    },
    async (args) => {
      const filter = oneOf('filter', args.filter, FILTERS) ?? 'all'
      const limit = Math.min(whole('limit', args.limit, 1) ?? 50, 200)
      await through(args.direct, async ({ api }) => {
        const rows = await api.incidents.incident.list.query({ filter, limit })
        if (args.json) return out(json(rows))
        out(
          table(
            rows,
            [
              ['incident', (row) => row.incident],
              ['state', (row) => row.state],
              ['impact', (row) => row.impact],
              ['began', (row) => time(row.startedAt)],
              ['ended', (row) => time(row.resolvedAt)],
              ['customers', (row) => row.accounts, 'right'],
              ['failed', (row) => row.failed, 'right'],
              ['title', (row) => `${row.isDrill ? 'DRILL: ' : ''}${row.title}`],
            ],
            'none',
          ),
        )
      })
    },
  ),
  show: verb('Show one, what was said of it and who was told.', { incident: which, direct }, (args) =>
    through(args.direct, async ({ api }) => {
      const one = await incidentNamed(api, args.incident)
      const [newest] = await api.incidents.channels.ledger.query({ incident: args.incident })
      if (args.json) return out(json({ ...one, ledger: newest ?? null }))
      out(
        facts([
          ['incident', `${one.incident}${one.isDrill ? ' (DRILL)' : ''}`],
          ['title', one.title],
          ['state', one.state],
          ['impact', one.impact],
          ['audience', one.audience],
          ['began', time(one.startedAt)],
          ['detected', time(one.detectedAt)],
          ['acknowledged', one.acknowledgedAt ? `${time(one.acknowledgedAt)} by ${one.acknowledgedBy}` : null],
          ['ended', time(one.resolvedAt)],
          ['next update due', time(one.nextUpdateDue)],
          ['components', one.components.map(({ name, status }) => `${name}: ${status}`).join('; ')],
          ['hosts', one.hostsOut.map(({ name }) => name).join(', ')],
          ['customers', new Set(one.customers.map(({ account }) => account)).size],
          ['public page', one.publicLink],
        ]),
      )
      out('\n')
      out(
        table(
          one.said,
          [
            ['update', (row) => row.number, 'right'],
            ['at', (row) => time(row.displayAt)],
            ['state', (row) => row.state],
            [
              'kind',
              (row) => (row.undoneAt ? 'undone' : row.retractedBy ? `retracted by ${row.retractedBy}` : row.kind),
            ],
            ['by', (row) => row.createdBy],
            ['text', (row) => row.text],
          ],
          'nothing was said of it yet',
        ),
      )
      if (!newest) return
      out(`\nUpdate ${newest.number}:\n`)
      showDeliveries(newest)
    }),
  ),
  open: verb(
    'Open an incident and post its first update; with --draft nothing is told yet.',
    {
      title: { type: 'string', description: 'What is the matter; a template’s without it.', valueHint: 'text' },
      text: { type: 'string', description: 'What to say; a template’s without it.', valueHint: 'text' },
      template: { type: 'string', description: 'Key of a template to fill in.', valueHint: 'key' },
      ...parts,
      affected: { type: 'boolean', description: 'Tell only the customers on the affected hosts.' },
      drill: { type: 'boolean', description: 'An exercise: nothing leaves the house.' },
      draft: { type: 'boolean', description: 'Only open it.' },
      ...saying,
    },
    async (args) => {
      if (!args.text && !args.template && !args.draft)
        throw usage('say what is the matter with --text, or name a --template')
      const requestId = args['request-id'] ?? crypto.randomUUID()
      const begin = async ({ api }: Reach) =>
        await api.incidents.incident.begin.mutate({
          ...(args.title ? { title: args.title } : {}),
          ...(args.template ? { template: args.template } : {}),
          hosts: await hostsOf(api, args.host),
          components: await componentsOf(api, args.component),
          audience: args.affected ? 'affected' : 'everybody',
          isDrill: args.drill === true,
          requestId: `${requestId}:begin`,
        })
      if (args.draft)
        return await through(args.direct, async (reach) => {
          const opened = await begin(reach)
          out(args.json ? json(opened) : `${opened.incident} is a draft; nobody was told\n`)
        })
      await say({ ...args, 'request-id': requestId }, async (reach) => {
        const { incident } = await begin(reach)
        const { content } = await reach.api.incidents.incident.compose.query({ incident })
        const { state, components, hosts, nextUpdateMinutes } = content
        return { incident, state, components, hosts, nextUpdateMinutes, text: args.text ?? content.text, sawUpdate: 0 }
      })
    },
  ),
  update,
  post: update,
  resolve: verb(
    'Say that it is over; its components are restored, and everybody who was told is told.',
    { incident: which, text, ...saying },
    (args) =>
      say(args, async (reach) => {
        const { incident, update } = await following(reach, args.incident)
        return { ...update, state: incident.kind === 'incident' ? 'resolved' : 'completed', text: args.text }
      }),
  ),
  correct: about('correction', 'Correct an update everywhere it was said.'),
  retract: about('retraction', 'Take an update back everywhere it was said.'),
  undo: verb(
    'Take an update back before it is sent (5 s).',
    { id: { type: 'positional', required: true, description: 'The update’s id, as told when it was posted.' }, direct },
    (args) =>
      through(args.direct, async ({ api }) => {
        const undone = await api.incidents.incident.undo.mutate({ updateId: args.id })
        out(args.json ? json(undone) : `update ${undone.number} of ${undone.incident} was not sent\n`)
      }),
  ),
  acknowledge: verb('Say that somebody is on it.', { incident: which, direct }, (args) =>
    through(args.direct, async ({ api }) => {
      const { incident } = await api.incidents.incident.acknowledge.mutate({ incident: args.incident })
      out(args.json ? json({ incident }) : `${incident} is acknowledged\n`)
    }),
  ),
})
