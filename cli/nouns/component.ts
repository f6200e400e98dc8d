import { Failure } from '../failure.ts'
import { json, out, table } from '../print.ts'
import { newestOf, post, refuseFailed, showDeliveries, STATUSES } from '../posting.ts'
import { direct, through, type Reach } from '../reach.ts'
import { noun, oneOf, verb, whole } from '../verb.ts'

/** The open incident that this status belongs to, or a new one. @throws Failure where several could be meant */
const incidentFor = async ({ api }: Reach, component: { id: string; name: string }, named: string | undefined) => {
  if (named) return named
  const open = await api.incidents.incident.list.query({ filter: 'open', limit: 200 })
  const own = open.filter(({ components }) => components.some(({ id }) => id === component.id))
  if (own.length > 1)
    throw new Failure(
      `${own.map(({ incident }) => incident).join(' and ')} affect ${component.name}; say which with --incident`,
    )
  return own[0]?.incident
}

export const component = noun('Services as customers know them.', {
  list: verb('List components with their status.', { direct }, (args) =>
    through(args.direct, async ({ api }) => {
      const { components } = await api.incidents.components.list.query()
      if (args.json) return out(json(components))
      out(
        table(
          components,
          [
            ['key', (row) => row.key],
            ['name', (row) => `${row.name}${row.region ? `, ${row.region}` : ''}`],
            ['group', (row) => row.group],
            ['status', (row) => row.status],
            ['hosts', (row) => row.hosts, 'right'],
            ['customers', (row) => row.customers, 'right'],
          ],
          'no components yet',
        ),
      )
    }),
  ),
  set: verb(
    'Say that a component has a status: in the open incident that names it, else in a new one.',
    {
      key: { type: 'positional', required: true, description: 'The component’s key.' },
      status: { type: 'positional', required: true, description: STATUSES.join(', ') },
      text: { type: 'string', required: true, description: 'What to say.', valueHint: 'text' },
      title: { type: 'string', description: 'Title of a new incident.', valueHint: 'text' },
      incident: { type: 'string', description: 'The incident it belongs to.', valueHint: 'INC-7' },
      wait: { type: 'string', description: 'Wait so long for receipts (30); 0 does not.', valueHint: 'seconds' },
      direct,
    },
    async (args) => {
      const status = oneOf('status', args.status, STATUSES) ?? 'operational'
      const waitSeconds = whole('wait', args.wait) ?? 30
      const work = async (reach: Reach) => {
        const { api } = reach
        const { components } = await api.incidents.components.list.query()
        const found = components.find(({ key }) => key === args.key)
        if (!found) throw new Failure(`no component "${args.key}"; "wharf component list" names them`)
        const one = { id: String(found.id), name: found.name }
        const named = await incidentFor(reach, one, args.incident)
        if (!named && status === 'operational')
          throw new Failure(`no open incident names ${found.name}: there is nothing to restore`)
        const requestId = crypto.randomUUID()
        const begin = async () =>
          await api.incidents.incident.begin.mutate({
            title: args.title ?? `${found.name}: ${status.replaceAll('_', ' ')}`,
            components: [{ componentId: one.id, status }],
            requestId: `${requestId}:begin`,
          })
        const incident = named ?? (await begin()).incident
        const { state, said, nextUpdateMinutes } = await standing(reach, incident)
        const posted = await post(
          reach,
          {
            incident,
            state,
            text: args.text,
            components: [{ componentId: one.id, status }],
            sawUpdate: said,
            nextUpdateMinutes,
          },
          { waitSeconds, requestId },
        )
        if (args.json) out(json(posted))
        else showDeliveries(posted.deliveries)
        refuseFailed(posted.deliveries, posted.incident)
      }
      await through(args.direct, work, { posts: true })
    },
  ),
})

const standing = async ({ api }: Reach, incident: string) => {
  const found = await api.incidents.incident.get.query({ incident })
  const newest = newestOf(found)
  return {
    state: found.state === 'draft' ? ('investigating' as const) : found.state,
    said: newest?.number ?? 0,
    nextUpdateMinutes: newest ? newest.nextUpdateMinutes : 30,
  }
}
