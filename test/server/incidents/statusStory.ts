import type { Pool } from '#db/client.ts'
import { openIncident, type NewIncident } from '#server/incidents/openIncident.ts'
import { postUpdate, type PostUpdate } from '#server/incidents/postUpdate.ts'
import { scheduleMaintenance } from '#server/incidents/maintenance.ts'
import { buildWharf, minuteAt } from './wharf.ts'

/** Words that a page, a feed and a badge must show and not obey. */
export const HOSTILE = '<script>alert(1)</script> & "quotes" \u0007 مرحبا 🚢 ]]> </style>'

/**
 * A wharf with one incident that goes on (partial outage of the registry, words that bite), one of the day before that is over, one
 * maintenance to come, and what the public must not hear of: a drill, one for affected customers only, one that can be undone.
 * It is 03:00 UTC on 21 Nov 2026, a minute after the last word.
 */
export const buildStory = async (sql: Pool) => {
  const wharf = await buildWharf(sql)
  const { ctx } = wharf
  let posts = 0
  const open = async (minutes: number, of: Omit<NewIncident, 'requestId'>) =>
    (await sql.begin((tx) => openIncident(tx, ctx(minutes), { ...of, requestId: `tap-${(posts += 1)}` }))).id
  const post = (minutes: number, incidentId: bigint, state: PostUpdate['state'], of: Partial<PostUpdate> = {}) =>
    postUpdate(ctx(minutes), {
      incidentId,
      requestId: `post-${(posts += 1)}`,
      state,
      text: 'We are looking into it.',
      components: [],
      nextUpdateMinutes: 30,
      sawUpdate: 99,
      ...of,
    })
  const past = await open(-1_500, { title: 'Slow dashboard' })
  await post(-1_500, past, 'investigating', {
    components: [{ componentId: wharf.running, status: 'major_outage' }],
  })
  const wrong = await post(-1_495, past, 'identified', { text: 'The wrong thing was said.' })
  await post(-1_494, past, 'identified', { kind: 'retraction', aboutId: wrong.updateId, text: 'We take that back.' })
  await post(-1_470, past, 'resolved', { text: 'It is over.' })

  const now = await open(-20, { title: `Pulls fail ${HOSTILE}` })
  await post(-20, now, 'investigating', {
    text: `First ${HOSTILE}\nsecond line`,
    components: [{ componentId: wharf.registry, status: 'partial_outage' }],
  })
  await post(-5, now, 'identified', { text: 'A proxy is being brought back.' })

  const drill = await open(-4, { title: 'SECRET drill', isDrill: true })
  await post(-4, drill, 'investigating', { components: [{ componentId: wharf.running, status: 'major_outage' }] })
  const few = await open(-4, { title: 'SECRET few', audience: 'affected' })
  await post(-4, few, 'investigating', { components: [{ componentId: wharf.running, status: 'major_outage' }] })
  const draft = await open(-4, { title: 'SECRET draft', text: 'SECRET words' })
  const planned = await scheduleMaintenance(ctx(-3), {
    title: 'Load balancer upgrade',
    text: 'Open connections may drop once.',
    componentIds: [wharf.running],
    hosts: [],
    scheduledFor: minuteAt(600),
    scheduledUntil: minuteAt(660),
    audience: 'everybody',
    isDrill: false,
    requestId: 'planned',
  })
  return { ...wharf, open, post, past, now, drill, few, draft, planned: planned.incident }
}
