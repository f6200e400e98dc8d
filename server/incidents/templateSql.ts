import type { Sql } from '#db/client.ts'
import type { IncidentKind } from './state.ts'

export type Template = {
  id: bigint
  key: string
  name: string
  kind: IncidentKind
  title: string
  /** Text by state: `{investigating: …, resolved: …}`. */
  texts: Partial<Record<string, string>>
  nextUpdateMinutes: number
}

/** Templates in use, by name. */
export const listTemplates = async (sql: Sql): Promise<Template[]> => [
  ...(await sql<Template[]>`select id, key, name, kind, title, texts, next_update_minutes from incident_template
    where archived_at is null order by kind, name`),
]

/** The template of that key and kind, or that kind's `default`. */
export const templateNamed = async (sql: Sql, key: string, kind: IncidentKind): Promise<Template | undefined> => {
  const [found] = await sql<Template[]>`select id, key, name, kind, title, texts, next_update_minutes
    from incident_template where archived_at is null and kind = ${kind}
      and key in (${key}, ${kind === 'incident' ? 'default' : 'maintenance'})
    order by key = ${key} desc limit 1`
  return found
}
