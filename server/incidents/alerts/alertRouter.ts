import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { operator, router } from '../../trpc.ts'
import { listAlerts, listHeartbeats, listSilences, listSources } from './alertSql.ts'
import { addHeartbeat, removeHeartbeat } from './heartbeats.ts'
import { matcherSchema } from './matchers.ts'
import { openFor } from './openFor.ts'
import { addSilence, endSilence } from './silences.ts'
import { addSource, removeSource } from './sources.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const name = z.string().trim().min(1, 'give it a name').max(60)
const minutes = z.number().int().min(1).max(44_640)

export const alertRouter = router({
  list: operator
    .input(
      z.object({
        filter: z.enum(['firing', 'ended']).default('firing'),
        limit: z.number().int().min(1).max(200).default(100),
      }),
    )
    .query(({ ctx, input }) => listAlerts(ctx.sql, input)),
  /** A draft incident for an alert that has none. */
  openIncident: operator
    .input(z.object({ id }))
    .mutation(async ({ ctx, input }) => ({ incident: await openFor(ctx, input.id) })),
  silences: operator.query(({ ctx }) => listSilences(ctx.sql, ctx.now)),
  silence: operator
    .input(
      z.object({
        matchers: z.array(matcherSchema).min(1, 'say which alerts').max(20),
        minutes: minutes,
        comment: z.string().trim().min(1, 'say why').max(500),
        /** The silence in whose place it comes. */
        instead: id.optional(),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { matchers, comment, instead } = input
      if (matchers.every(({ is, value }) => is === 'not' || /^\**$/.test(value)))
        throw new DomainError('BAD_REQUEST', 'that would silence everything; name what a label equals', {
          path: 'matchers',
        })
      const endsAt = new Date(ctx.now.getTime() + input.minutes * 60_000)
      return { id: String(await addSilence(ctx, { matchers, endsAt, comment, instead })) }
    }),
  endSilence: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await endSilence(ctx, input.id)
    return { id: String(input.id) }
  }),
  sources: operator.query(({ ctx }) => listSources(ctx.sql)),
  addSource: operator.input(z.object({ name })).mutation(async ({ ctx, input }) => {
    const { id: made, token } = await addSource(ctx, input.name)
    return { id: String(made), token }
  }),
  removeSource: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeSource(ctx, input.id)
    return { id: String(input.id) }
  }),
  heartbeats: operator.query(({ ctx }) => listHeartbeats(ctx.sql)),
  addHeartbeat: operator
    .input(z.object({ name, everyMinutes: minutes, graceMinutes: minutes }))
    .mutation(async ({ ctx, input }) => {
      const { id: made, token } = await addHeartbeat(ctx, input)
      return { id: String(made), url: `${ctx.env.publicUrl}/v1/heartbeat/${token}` }
    }),
  removeHeartbeat: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeHeartbeat(ctx, input.id)
    return { id: String(input.id) }
  }),
})
