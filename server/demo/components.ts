import type { Context } from '../context.ts'
import { backfillIncident } from '../incidents/backfill.ts'
import { createComponent, createGroup, placeComponent, type Placement } from '../incidents/components.ts'
import { scheduleMaintenance } from '../incidents/maintenance.ts'
import { seedToldIncidents } from './toldIncidents.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts'

const BY_NAME = (hostName: string): Placement => ({ hostId: null, clusterId: null, hostName })

const GROUPS: {
  name: string
  components: { name: string; region: string | null; description: string; on: 'cluster' | Placement | null }[]
}[] = [
  {
    name: 'Apps',
    components: [
      { name: 'Running services', region: 'ams1', description: 'Apps of customers in Amsterdam', on: 'cluster' },
      { name: 'Running services', region: 'hel1', description: 'Free apps in Helsinki', on: 'cluster' },
      { name: 'Databases', region: 'ams1', description: 'Managed PostgreSQL', on: BY_NAME('ams1-*1') },
    ],
  },
  {
    name: 'Platform',
    components: [
      { name: 'Image registry', region: 'fra2', description: 'Push and pull of images', on: 'cluster' },
      { name: 'Deploys', region: null, description: 'Rolling out new versions', on: null },
      { name: 'Dashboard and API', region: null, description: 'This site and its API', on: null },
    ],
  },
]

/** The services that the demo's status page tells of, on the demo's clusters. */
export const seedComponents = async (ctx: Context): Promise<void> => {
  const rows = await ctx.sql<{ id: bigint; name: string }[]>`select id, name from cluster`
  const clusters = new Map(rows.map(({ id, name }) => [name, id]))
  for (const [n, group] of GROUPS.entries()) {
    const groupId = await createGroup(ctx, { name: group.name, position: n * 10 })
    for (const [m, { on, ...component }] of group.components.entries()) {
      const id = await createComponent(ctx, { ...component, groupId, position: m * 10, showUptime: true })
      const clusterId = clusters.get(component.region ?? '')
      if (on === 'cluster' && clusterId !== undefined)
        await placeComponent(ctx, id, { hostId: null, clusterId, hostName: null })
      else if (on !== 'cluster' && on !== null) await placeComponent(ctx, id, on)
    }
  }
}

const PAST = [
  {
    daysAgo: 23,
    minutes: 47,
    title: 'Image pulls fail in fra2',
    text: 'Some image pulls in fra2 fail or take over 60 s. Running apps are not affected.',
    resolvedText: 'A registry proxy had run out of disk. It was given more and the alert for it comes earlier now.',
    key: 'image-registry-fra2',
    status: 'partial_outage',
  },
  {
    daysAgo: 4,
    minutes: 95,
    title: 'Deploys are slow',
    text: 'Deploys take up to ten minutes longer than usual.',
    resolvedText: 'The queue is worked off and deploys are as fast as usual.',
    key: 'deploys',
    status: 'degraded_performance',
  },
] as const

/** What was out in the demo's past month, and a maintenance that is to come. */
export const seedIncidents = async (ctx: Context): Promise<void> => {
  const rows = await ctx.sql<{ id: bigint; key: string }[]>`select id, key from component`
  const ids = new Map(rows.map(({ id, key }) => [key, id]))
  for (const { daysAgo, minutes, key, status, ...words } of PAST) {
    const startedAt = new Date(ctx.now.getTime() - daysAgo * DAY_MS)
    await backfillIncident(ctx, {
      ...words,
      startedAt,
      resolvedAt: new Date(startedAt.getTime() + minutes * MINUTE_MS),
      components: [{ componentId: ids.get(key)!, status }],
      hosts: [],
      requestId: `demo:${key}`,
    })
  }
  await seedToldIncidents(ctx, ids)
  const scheduledFor = new Date(Math.ceil(ctx.now.getTime() / HOUR_MS) * HOUR_MS + 2 * DAY_MS)
  await scheduleMaintenance(ctx, {
    title: 'New switches in hel1',
    text: 'We replace two switches in hel1. Apps there may be unreachable for up to 5 min.',
    componentIds: [ids.get('running-services-hel1')!],
    hosts: [],
    scheduledFor,
    scheduledUntil: new Date(scheduledFor.getTime() + 2 * HOUR_MS),
    audience: 'everybody',
    isDrill: false,
    requestId: 'demo:switches',
  })
}
