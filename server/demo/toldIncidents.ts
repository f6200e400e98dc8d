import type { Context } from '../context.ts'
import { acknowledgeIncident } from '../incidents/editIncident.ts'
import type { ComponentStatus } from '../incidents/impact.ts'
import { openIncident } from '../incidents/openIncident.ts'
import { postUpdate } from '../incidents/postUpdate.ts'
import type { PostedState } from '../incidents/state.ts'
import { DAY_MS, MINUTE_MS } from '../time.ts'

type Step = { minute: number; state: PostedState; text: string; next: number | null }
type Told = {
  daysAgo: number
  title: string
  key: string
  status: ComponentStatus
  /** How many of the component's hosts were out. */
  hosts: number
  detected: number
  acknowledged: number
  steps: readonly Step[]
}

const TOLD: readonly Told[] = [
  {
    daysAgo: 16,
    title: 'Databases in ams1 are slow',
    key: 'databases-ams1',
    status: 'degraded_performance',
    hosts: 1,
    detected: 6,
    acknowledged: 8,
    steps: [
      { minute: 12, state: 'investigating', text: 'Queries take longer than usual on some databases.', next: 30 },
      { minute: 58, state: 'identified', text: 'One host writes slowly. Databases are moved off it.', next: 60 },
      { minute: 96, state: 'resolved', text: 'All databases are as fast as usual. The disk is replaced.', next: null },
    ],
  },
  {
    daysAgo: 9,
    title: 'Some apps are out in ams1',
    key: 'running-services-ams1',
    status: 'major_outage',
    hosts: 2,
    detected: 2,
    acknowledged: 4,
    steps: [
      { minute: 7, state: 'investigating', text: 'Some apps in ams1 cannot be reached. We are on it.', next: 30 },
      { minute: 15, state: 'monitoring', text: 'A switch was restarted. Apps come back.', next: 30 },
      { minute: 31, state: 'resolved', text: 'A switch was replaced. All apps can be reached again.', next: null },
    ],
  },
]

/** Incidents of the demo's past month that were told of while they went on. */
export const seedToldIncidents = async (ctx: Context, components: ReadonlyMap<string, bigint>): Promise<void> => {
  for (const told of TOLD) await tell(ctx, told, components.get(told.key)!)
}

const tell = async (ctx: Context, told: Told, componentId: bigint) => {
  const startedAt = new Date(ctx.now.getTime() - told.daysAgo * DAY_MS)
  const at = (minute: number): Context => ({ ...ctx, now: new Date(startedAt.getTime() + minute * MINUTE_MS) })
  const rows = await ctx.sql<{ id: number }[]>`
    select h.id from host h join cluster c on c.id = h.cluster_id where c.name = 'ams1' order by h.name limit ${told.hosts}`
  const hosts = rows.map(({ id }) => id)
  const { title, key, status } = told
  const { id } = await ctx.sql.begin((tx) =>
    openIncident(tx, at(told.detected), { title, startedAt, hosts, requestId: `demo:told:${key}` }),
  )
  await acknowledgeIncident(at(told.acknowledged), id)
  for (const [n, { minute, state, text, next }] of told.steps.entries())
    await postUpdate(at(minute), {
      incidentId: id,
      requestId: `demo:told:${key}:${n}`,
      state,
      text,
      components: state === 'resolved' ? [] : [{ componentId, status }],
      hosts: state === 'resolved' ? undefined : hosts,
      nextUpdateMinutes: next,
      sawUpdate: n,
      undoMs: 0,
    })
  // What is shown here was shown then, not when the demo is made.
  await ctx.sql`update delivery d set state = 'delivered', attempts = 1, next_at = null,
      accepted_at = u.send_after + interval '1.2 seconds', receipt = jsonb_build_object('id', 'update ' || u.id)
    from incident_update u where u.id = d.update_id and d.incident_id = ${id}`
}
