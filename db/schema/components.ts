import { sql } from 'drizzle-orm'
import { boolean, check, index, integer, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { at, id, ref, status } from './columns.ts'
import { cluster, host } from './hosts.ts'

export const componentGroup = pgTable('component_group', {
  id: id(),
  name: text('name').notNull().unique(),
  position: integer('position').notNull().default(0),
})

/** A service as customers know it. Its status is what incidents and maintenances that are open make of it. */
export const component = pgTable('component', {
  id: id(),
  groupId: ref('group_id').references(() => componentGroup.id),
  /** Part of URLs and of the public API; never changes. */
  key: text('key').notNull().unique(),
  name: text('name').notNull(),
  description: text('description').notNull().default(''),
  region: text('region'),
  position: integer('position').notNull().default(0),
  status: status('status').default('operational'),
  showUptime: boolean('show_uptime').notNull().default(true),
  createdAt: at('created_at').notNull().defaultNow(),
  updatedAt: at('updated_at').notNull().defaultNow(),
  archivedAt: at('archived_at'),
})

/** Which hosts a component stands on: one host by hand, or all of a cluster whose name matches (`*` for any run). */
export const componentPlacement = pgTable(
  'component_placement',
  {
    id: id(),
    componentId: ref('component_id')
      .notNull()
      .references(() => component.id),
    hostId: integer('host_id').references(() => host.id),
    clusterId: ref('cluster_id').references(() => cluster.id),
    hostName: text('host_name'),
    createdBy: text('created_by').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
  },
  (t) => [
    check(
      'component_placement_what',
      sql`${t.hostId} is not null or ${t.clusterId} is not null or ${t.hostName} is not null`,
    ),
    index('component_placement_component').on(t.componentId),
  ],
)

/** What a component's status was when: `[fromAt, untilAt)`, without gaps or overlaps. Bars and uptime are made of it. */
export const componentStatus = pgTable(
  'component_status',
  {
    id: id(),
    componentId: ref('component_id')
      .notNull()
      .references(() => component.id),
    status: status('status'),
    fromAt: at('from_at').notNull(),
    untilAt: at('until_at'),
    incidentId: ref('incident_id'),
  },
  (t) => [
    index('component_status_of').on(t.componentId, t.fromAt),
    uniqueIndex('component_status_now')
      .on(t.componentId)
      .where(sql`until_at is null`),
  ],
)
