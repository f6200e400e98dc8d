import { z } from 'zod'
import { baseUrl, line } from '../channels/formFields.ts'
import { admin, operator, router } from '../../trpc.ts'
import { hookAddress, mailAddress, slackChannel, slackHook, SUBSCRIBER_KINDS, type Address } from './address.ts'
import { askAgain, choose, noteBounce, release, unsubscribe } from './changeSubscription.ts'
import { subscribe } from './subscribe.ts'
import { exportSubscribers, importSubscribers } from './subscriberFile.ts'
import { choices, countSubscribers, listSubscribers } from './subscriberSql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const components = z.array(z.string().max(100)).max(500).nullable().default(null)
const filter = z.object({
  search: z.string().max(200).default(''),
  kind: z.enum(SUBSCRIBER_KINDS).nullable().default(null),
  state: z.enum(['told', 'asked', 'quarantined', 'left']).nullable().default(null),
  page: z.number().int().min(1).max(10_000).default(1),
})
const place = z.discriminatedUnion('by', [
  z.object({ by: z.literal('email'), address: z.string().max(300) }),
  z.object({ by: z.literal('webhook'), address: z.string().max(2_000) }),
  z.object({ by: z.literal('slack webhook'), address: z.string().max(2_000) }),
  z.object({
    by: z.literal('slack channel'),
    address: z.string().trim().max(40),
    token: line,
    baseUrl: baseUrl('https://slack.com/api'),
  }),
])

const addressOf = (of: z.infer<typeof place>): Address => {
  if (of.by === 'email') return { address: mailAddress(of.address), settings: {}, secret: null }
  if (of.by === 'webhook') return { address: hookAddress(of.address), settings: {}, secret: null }
  return of.by === 'slack webhook' ? slackHook(of.address) : slackChannel(of.address, of.token, of.baseUrl)
}

export const subscriberRouter = router({
  list: operator.input(filter).query(({ ctx, input }) => listSubscribers(ctx.sql, input)),
  /** How many there are of each kind and state, and whether mails can be sent at all. */
  counts: operator.query(async ({ ctx }) => ({
    counts: await countSubscribers(ctx.sql),
    canMail: ctx.env.SMTP_URL !== undefined,
    components: await choices(ctx.sql),
  })),
  /** By mail they are asked; webhooks and Slack, which an operator knows, are told at once where `agreed`. */
  add: operator
    .input(z.object({ place, components, agreed: z.boolean().default(false) }))
    .mutation(async ({ ctx, input }) => {
      const kind = input.place.by === 'email' ? 'email' : input.place.by === 'webhook' ? 'webhook' : 'slack'
      const made = await subscribe(ctx, { ...input, kind, to: addressOf(input.place) })
      return { id: String(made.id), isNew: made.isNew, isTold: made.isTold }
    }),
  choose: operator.input(z.object({ id, components })).mutation(async ({ ctx, input }) => {
    await choose(ctx, input.id, input.components)
    return { id: String(input.id) }
  }),
  askAgain: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await askAgain(ctx, input.id)
    return { id: String(input.id) }
  }),
  release: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await release(ctx, input.id)
    return { id: String(input.id) }
  }),
  remove: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await unsubscribe(ctx, input.id)
    return { id: String(input.id) }
  }),
  /** For what reads a mailbox of bounces, or a mail provider's hook: a mail came back. */
  bounced: operator
    .input(
      z.object({
        address: z.email().max(300),
        reason: z.string().max(500).default(''),
        isFinal: z.boolean().default(true),
      }),
    )
    .mutation(async ({ ctx, input }) => ({ known: await noteBounce(ctx, input) })),
  export: admin.query(({ ctx }) => exportSubscribers(ctx)),
  import: admin
    .input(z.object({ text: z.string().min(1, 'choose a file').max(8_000_000), agreed: z.boolean() }))
    .mutation(({ ctx, input }) => importSubscribers(ctx, input)),
})
