import type { Sql } from '#db/client.ts'
import type { ComponentStatus } from './impact.ts'
import type { Said } from './standing.ts'

export type SaidOf = Said & { incidentId: bigint; startedAt: Date }

type Row = Omit<SaidOf, 'components'> & {
  components: { componentId: string; newStatus: ComponentStatus }[]
}

/** What was said of these incidents, in the order it was posted, also what was undone. */
export const readSaid = async (sql: Sql, incidentIds: readonly bigint[]): Promise<SaidOf[]> => {
  if (incidentIds.length === 0) return []
  const rows = await sql<
    Row[]
  >`select u.id, u.incident_id, u.number, u.kind, u.about_id, u.state, u.components, u.hosts,
      u.display_at, u.undone_at, u.next_update_minutes, i.started_at
    from incident_update u join incident i on i.id = u.incident_id
    where u.incident_id = any(${incidentIds.map(String)}::bigint[]) order by u.incident_id, u.number`
  return rows.map((row) => ({
    ...row,
    components: row.components.map(({ componentId, newStatus }) => ({
      componentId: BigInt(componentId),
      status: newStatus,
    })),
  }))
}
