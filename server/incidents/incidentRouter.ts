import { z } from 'zod'
import { userIdOf } from '../context.ts'
import { DomainError } from '../errors.ts'
import { inAccount, operator, router } from '../trpc.ts'
import { backfillIncident } from './backfill.ts'
import { compose, weigh } from './compose.ts'
import { closeBanner } from './closeBanner.ts'
import { draftContent, saveDraft } from './draft.ts'
import { acknowledgeIncident, discardIncident, editIncident } from './editIncident.ts'
import { IMPACTS, STATUSES } from './impact.ts'
import { hasPublicIncident, listIncidents, readBanners, readIncident, readOpen } from './incidentSql.ts'
import { moveMaintenance, scheduleMaintenance } from './maintenance.ts'
import { openIncident } from './openIncident.ts'
import { prefillPostmortem } from './postmortem.ts'
import { postUpdate } from './postUpdate.ts'
import { incidentName } from './state.ts'
import { publicLink } from './statusPageSql.ts'
import { archiveTemplate, saveTemplate } from './templates.ts'
import { listTemplates } from './templateSql.ts'
import { undoUpdate } from './undoUpdate.ts'

/** `INC-7` or `7`. */
const incident = z
  .string()
  .regex(/^(INC-)?\d{1,18}$/i, 'an incident, such as INC-7')
  .transform((text) => BigInt(text.replace(/^INC-/i, '')))
const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const hosts = z.array(z.number().int().positive().max(2_147_483_647)).max(2_000)
const components = z.array(z.object({ componentId: id, status: z.enum(STATUSES) })).max(200)
const requestId = z.string().min(8).max(100)
const text = z.string().trim().min(1, 'say something').max(10_000)
const title = z.string().trim().min(1, 'give it a title').max(200)
const audience = z.enum(['everybody', 'affected'])

const post = z.object({
  incident,
  requestId,
  state: draftContent.shape.state,
  text,
  components,
  hosts: hosts.optional(),
  overrides: draftContent.shape.overrides,
  skipped: draftContent.shape.skipped,
  nextUpdateMinutes: draftContent.shape.nextUpdateMinutes,
  /** Number of the newest update that whoever posts has read; 0 is none. */
  sawUpdate: z.number().int().nonnegative(),
  displayAt: z.coerce.date().optional(),
  kind: z.enum(['update', 'correction', 'retraction']).default('update'),
  aboutId: id.optional(),
  title: title.optional(),
  audience: audience.optional(),
})

const templates = router({
  list: operator.query(({ ctx }) => listTemplates(ctx.sql)),
  save: operator
    .input(
      z.object({
        id: id.nullable(),
        name: z.string().trim().min(1).max(60),
        kind: z.enum(['incident', 'maintenance']),
        title,
        texts: z.record(z.string().max(20), z.string().max(5_000)),
        nextUpdateMinutes: z.number().int().min(5).max(10_080),
      }),
    )
    .mutation(async ({ ctx, input }) => ({ id: String(await saveTemplate(ctx, input.id, input)) })),
  archive: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await archiveTemplate(ctx, input.id)
    return { id: String(input.id) }
  }),
})

export const incidentRouter = router({
  list: operator
    .input(
      z.object({
        filter: z.enum(['open', 'drafts', 'planned', 'past', 'all']).default('all'),
        before: incident.optional(),
        limit: z.number().int().min(1).max(200).default(50),
      }),
    )
    .query(({ ctx, input }) => listIncidents(ctx.sql, input)),
  get: operator.input(z.object({ incident })).query(async ({ ctx, input }) => {
    const found = await readIncident(ctx.sql, input.incident)
    if (!found) throw new DomainError('NOT_FOUND', `no incident ${incidentName(input.incident)}`)
    return { ...found, publicLink: await publicLink(ctx.sql, ctx.env.publicUrl, found.incident), now: ctx.now }
  }),
  /** What goes on now, for the bar on every page. */
  open: operator.query(({ ctx }) => readOpen(ctx.sql)),
  /** Opens a draft; nothing is told until its first update. */
  begin: operator
    .input(
      z.object({
        title: title.optional(),
        template: z.string().max(60).optional(),
        hosts: hosts.default([]),
        components: components.default([]),
        audience: audience.default('everybody'),
        isDrill: z.boolean().default(false),
        requestId,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { title, template, ...more } = input
      const named = more.components.map(({ componentId, status }) => ({ componentId: String(componentId), status }))
      const opened = await ctx.sql.begin((tx) =>
        openIncident(tx, ctx, {
          ...more,
          ...(title ? { title } : {}),
          ...(template ? { template } : {}),
          components: named,
        }),
      )
      return { incident: opened.incident }
    }),
  discard: operator.input(z.object({ incident })).mutation(async ({ ctx, input }) => {
    await discardIncident(ctx, input.incident)
    return { incident: incidentName(input.incident) }
  }),
  acknowledge: operator.input(z.object({ incident })).mutation(async ({ ctx, input }) => {
    await acknowledgeIncident(ctx, input.incident)
    return { incident: incidentName(input.incident) }
  }),

  compose: operator.input(z.object({ incident })).query(({ ctx, input }) => compose(ctx, input.incident)),
  /** Whom a post would be about, and what to look at first. */
  weigh: operator
    .input(
      draftContent
        .pick({ text: true, overrides: true, state: true, components: true, hosts: true, nextUpdateMinutes: true })
        .extend({ incident: incident.optional() }),
    )
    .query(({ ctx, input: { incident: of, ...content } }) => weigh(ctx, content, of)),
  saveDraft: operator
    .input(z.object({ incident, content: draftContent }))
    .mutation(({ ctx, input }) => saveDraft(ctx, input.incident, input.content)),

  /** Posts an update everywhere. Refused with the other's text where somebody posted since. */
  post: operator.input(post).mutation(async ({ ctx, input }) => {
    const posted = await postUpdate(ctx, { ...input, incidentId: input.incident })
    return { ...posted, updateId: String(posted.updateId) }
  }),
  undo: operator.input(z.object({ updateId: id })).mutation(({ ctx, input }) => undoUpdate(ctx, input.updateId)),

  edit: operator
    .input(
      z.object({
        incident,
        title: title.optional(),
        startedAt: z.coerce.date().optional(),
        detectedAt: z.coerce.date().optional(),
        impactOverride: z.enum(IMPACTS).nullable().optional(),
        handover: z.string().max(20_000).optional(),
        postmortem: z.string().max(100_000).optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await editIncident(ctx, input.incident, input)
      return { incident: incidentName(input.incident) }
    }),
  /** A postmortem to begin with: the facts and the timeline as recorded. */
  prefill: operator.input(z.object({ incident })).query(async ({ ctx, input }) => {
    const found = await readIncident(ctx.sql, input.incident)
    if (!found) throw new DomainError('NOT_FOUND', `no incident ${incidentName(input.incident)}`)
    const updates = found.said
      .filter(({ undoneAt, retractedBy, kind }) => !undoneAt && !retractedBy && kind !== 'retraction')
      .toReversed()
    return { text: prefillPostmortem({ ...found, components: found.components.map(({ name }) => name), updates }) }
  }),

  schedule: operator
    .input(
      z.object({
        title,
        text,
        componentIds: z.array(id).min(1, 'name at least one component').max(200),
        hosts: hosts.default([]),
        scheduledFor: z.coerce.date(),
        scheduledUntil: z.coerce.date(),
        audience: audience.default('everybody'),
        isDrill: z.boolean().default(false),
        requestId,
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { incident: name, updateId, sendAfter } = await scheduleMaintenance(ctx, input)
      return { incident: name, updateId: String(updateId), sendAfter }
    }),
  move: operator
    .input(z.object({ incident, scheduledFor: z.coerce.date(), scheduledUntil: z.coerce.date(), text, requestId }))
    .mutation(async ({ ctx, input }) => {
      const moved = await moveMaintenance(ctx, { ...input, incidentId: input.incident })
      return { incident: moved.incident, updateId: String(moved.updateId), sendAfter: moved.sendAfter }
    }),
  /** Writes down what is over; nobody is told. */
  backfill: operator
    .input(
      z.object({
        title,
        text,
        resolvedText: text,
        startedAt: z.coerce.date(),
        resolvedAt: z.coerce.date(),
        components,
        hosts: hosts.default([]),
        requestId,
      }),
    )
    .mutation(({ ctx, input }) => backfillIncident(ctx, input)),

  templates,

  /** What an account's pages show of incidents that touch its apps, and whether the status page has something to tell. */
  banners: inAccount().query(async ({ ctx }) => ({
    banners: await readBanners(ctx.sql, ctx.account.id, userIdOf(ctx.actor), ctx.now),
    hasPublic: await hasPublicIncident(ctx.sql, ctx.now),
  })),
  closeBanner: inAccount(undefined, { whileHeld: true })
    .input(z.object({ updateId: id }))
    .mutation(async ({ ctx, input }) => {
      await closeBanner(ctx, ctx.account.id, input.updateId)
      return { updateId: String(input.updateId) }
    }),
})
