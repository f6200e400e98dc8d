import type { Sql } from '#db/client.ts'
import type { ComponentStatus } from './impact.ts'
import type { Said } from './standing.ts'

type Row = Omit<Said, 'components'> & {
  incidentId: bigint
  components: { componentId: string; newStatus: ComponentStatus }[]
}

/** What was said of these incidents, in the order it was posted, also what was undone. */
export const readSaid = async (
  sql: Sql,
  incidentIds: readonly bigint[],
): Promise<(Said & { incidentId: bigint })[]> => {
  if (incidentIds.length === 0) return []
  const rows = await sql<Row[]>`select id, incident_id, number, kind, about_id, state, components, hosts, display_at,
      undone_at, next_update_minutes
    from incident_update where incident_id = any(${incidentIds.map(String)}::bigint[]) order by incident_id, number`
  return rows.map((row) => ({
    ...row,
    components: row.components.map(({ componentId, newStatus }) => ({
      componentId: BigInt(componentId),
      status: newStatus,
    })),
  }))
}
