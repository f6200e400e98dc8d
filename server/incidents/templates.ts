import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { keyOf } from './components.ts'
import type { IncidentKind } from './state.ts'

export type TemplateFields = {
  name: string
  kind: IncidentKind
  title: string
  /** Text by state. */
  texts: Record<string, string>
  nextUpdateMinutes: number
}

/** Adds a template, or changes the one of that id. @throws DomainError NOT_FOUND, CONFLICT */
export const saveTemplate = async (ctx: Context, id: bigint | null, input: TemplateFields): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    const texts = JSON.stringify(input.texts)
    const [before] =
      id === null ? [] : await tx`select name, kind, title, texts from incident_template where id = ${id} for update`
    if (id !== null && !before) throw new DomainError('NOT_FOUND', `no template ${id}`)
    const [made] =
      id === null
        ? await tx<{ id: bigint }[]>`
            insert into incident_template (key, name, kind, title, texts, next_update_minutes, updated_by, updated_at)
            values (${keyOf(input.name)}, ${input.name}, ${input.kind}, ${input.title}, ${texts}::text::jsonb,
              ${input.nextUpdateMinutes}, ${labelOf(ctx.actor)}, ${ctx.now})
            on conflict (key) do nothing returning id`
        : await tx<{ id: bigint }[]>`
            update incident_template set name = ${input.name}, title = ${input.title}, texts = ${texts}::text::jsonb,
              next_update_minutes = ${input.nextUpdateMinutes}, updated_by = ${labelOf(ctx.actor)}, updated_at = ${ctx.now}
            where id = ${id} returning id`
    if (!made) throw new DomainError('CONFLICT', `there is a template "${input.name}" already`, { path: 'name' })
    await audit(tx, ctx, {
      action: `incidents.template.${id === null ? 'add' : 'edit'}`,
      subject: { kind: 'incident_template', id: made.id },
      before,
      after: input,
    })
    return made.id
  })

/** Takes it out of the list; drafts filled from it stay. @throws DomainError NOT_FOUND */
export const archiveTemplate = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [row] = await tx`update incident_template set archived_at = ${ctx.now}
      where id = ${id} and archived_at is null returning name`
    if (!row) throw new DomainError('NOT_FOUND', `no template ${id}, or it was removed before`)
    await audit(tx, ctx, {
      action: 'incidents.template.archive',
      subject: { kind: 'incident_template', id },
      before: row,
    })
  })
