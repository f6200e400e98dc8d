import { z } from 'zod'
import type { Sql } from '#db/client.ts'
import { STATUSES } from './impact.ts'
import { INCIDENT_STATES, MAINTENANCE_STATES } from './state.ts'
import { labelOf, type Context } from '../context.ts'

const componentId = z.string().regex(/^\d{1,18}$/, 'a number')

/** What the composer holds before it is posted. Ids are text, as JSON carries them. */
export const draftContent = z.object({
  state: z.enum([...INCIDENT_STATES, ...MAINTENANCE_STATES]),
  title: z.string().max(200).optional(),
  audience: z.enum(['everybody', 'affected']).optional(),
  text: z.string().max(10_000),
  components: z.array(z.object({ componentId, status: z.enum(STATUSES) })).max(200),
  hosts: z.array(z.number().int().positive().max(2_147_483_647)).max(2_000),
  overrides: z.record(z.string().max(40), z.string().max(10_000)).default({}),
  skipped: z.array(z.string().max(40)).max(200).default([]),
  nextUpdateMinutes: z.number().int().min(5).max(10_080).nullable(),
  template: z.string().max(60).nullable().default(null),
})
export type DraftContent = z.infer<typeof draftContent>

/** Keeps what somebody writes; the latest by their own clock's order wins, nobody else's draft is touched. */
export const saveDraft = async (
  ctx: Context,
  incidentId: bigint,
  content: DraftContent,
): Promise<{ savedAt: Date }> => {
  await ctx.sql`insert into incident_draft (incident_id, author, content, saved_at)
    values (${incidentId}, ${labelOf(ctx.actor)}, ${JSON.stringify(content)}::text::jsonb, ${ctx.now})
    on conflict (incident_id, author) do update set content = excluded.content, saved_at = excluded.saved_at
    where incident_draft.saved_at <= excluded.saved_at`
  return { savedAt: ctx.now }
}

/** Own draft, or what the incident was opened with; null where there is neither. */
export const readDraft = async (
  sql: Sql,
  incidentId: bigint,
  author: string,
): Promise<{ content: DraftContent; savedAt: Date; isOwn: boolean } | null> => {
  const [row] = await sql<{ content: DraftContent; savedAt: Date; author: string }[]>`select content, saved_at, author
    from incident_draft where incident_id = ${incidentId} and author in (${author}, '') order by author desc limit 1`
  return row ? { content: row.content, savedAt: row.savedAt, isOwn: row.author !== '' } : null
}
