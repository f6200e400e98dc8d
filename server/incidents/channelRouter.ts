import { z } from 'zod'
import { admin, operator, router } from '../trpc.ts'
import { addChannel, editChannel, enableChannel, removeChannel } from './changeChannel.ts'
import { CHANNEL_KINDS } from './channels/kinds.ts'
import { draftContent } from './draft.ts'
import { listChannels, readLedger } from './ledgerSql.ts'
import { previewChannels } from './previewChannels.ts'
import { retryFailed, settleUnknown } from './retryFailed.ts'
import { testChannel } from './testChannel.ts'
import { formOf } from './fields.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const incident = z
  .string()
  .regex(/^(INC-)?\d{1,18}$/i, 'an incident, such as INC-7')
  .transform((text) => BigInt(text.replace(/^INC-/i, '')))
const form = z.object({
  name: z.string().trim().min(1, 'give it a name').max(60),
  isPublic: z.boolean().default(true),
  position: z.number().int().min(0).max(10_000).default(100),
  fields: z.record(z.string().max(40), z.string().max(2_000)),
})

export const channelRouter = router({
  /** Channels with their health and settings, never a secret. */
  list: operator.query(({ ctx }) => listChannels(ctx.sql)),
  /** What kinds there are, and which fields each has. */
  kinds: admin.query(() => CHANNEL_KINDS.map(formOf)),
  add: admin
    .input(form.extend({ kind: z.string().max(40) }))
    .mutation(async ({ ctx, input: { kind, ...rest } }) => ({ id: String(await addChannel(ctx, kind, rest)) })),
  edit: admin.input(form.extend({ id })).mutation(async ({ ctx, input: { id: channel, ...rest } }) => {
    await editChannel(ctx, channel, rest)
    return { id: String(channel) }
  }),
  enable: admin.input(z.object({ id, enabled: z.boolean() })).mutation(async ({ ctx, input }) => {
    await enableChannel(ctx, input.id, input.enabled)
    return { id: String(input.id) }
  }),
  remove: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeChannel(ctx, input.id)
    return { id: String(input.id) }
  }),
  /** Sends a test and takes it away again where the channel can. */
  test: admin.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    const outcome = await testChannel(ctx, input.id)
    return outcome.kind === 'delivered'
      ? { kind: outcome.kind, detail: outcome.receipt.url ?? outcome.receipt.id }
      : { kind: outcome.kind, detail: outcome.reason }
  }),
  /** What each channel would get of what is written. */
  preview: operator
    .input(
      draftContent
        .pick({ text: true, state: true, components: true, audience: true, overrides: true, nextUpdateMinutes: true })
        .extend({
          incident,
          hosts: draftContent.shape.hosts.default([]),
          kind: z.enum(['update', 'correction', 'retraction', 'reminder']).default('update'),
          title: z.string().max(200).optional(),
        }),
    )
    .query(({ ctx, input: { incident: of, ...content } }) => previewChannels(ctx, of, content)),
  /** What became of an incident's updates, newest first, what failed first. */
  ledger: operator.input(z.object({ incident })).query(({ ctx, input }) => readLedger(ctx.sql, input.incident)),
  /** Tries again what failed of an update, or one delivery of it; what was delivered is left alone. */
  retry: operator
    .input(z.object({ updateId: id, deliveryId: id.optional() }))
    .mutation(async ({ ctx, input }) => ({ count: await retryFailed(ctx, input) })),
  /** Of a delivery nobody can ask about: a person looked. */
  settle: operator.input(z.object({ deliveryId: id, isThere: z.boolean() })).mutation(async ({ ctx, input }) => {
    await settleUnknown(ctx, input.deliveryId, input.isThere)
    return { deliveryId: String(input.deliveryId) }
  }),
})
