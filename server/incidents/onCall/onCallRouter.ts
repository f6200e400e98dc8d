import { z } from 'zod'
import { userIdOf, type Actor } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { open, operator, router } from '../../trpc.ts'
import { acknowledgePage, pageByLink } from './acknowledgePage.ts'
import { addContact, removeContact, testContact } from './changeContact.ts'
import { removePolicy, savePolicy } from './changePolicy.ts'
import { addOverride, removeOverride, removeSchedule, saveSchedule } from './changeSchedule.ts'
import { CONTACT_KINDS } from './contacts/kinds.ts'
import { listContacts, listPages, listPeople, listPolicies } from './onCallSql.ts'
import { openPage } from './openPage.ts'
import { policySchema } from './policy.ts'
import { onCallAt, scheduleSchema, shiftsBetween } from './schedule.ts'
import { readSchedules } from './whoIsOnCall.ts'
import { formOf } from '../fields.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const token = z.string().max(200)
const DAY_MS = 86_400_000

/** What is a person's own: a robot has no telephone. @throws DomainError FORBIDDEN */
const own = (actor: Actor): string => {
  const userId = userIdOf(actor)
  if (userId === null) throw new DomainError('FORBIDDEN', 'only a person has ways to be reached')
  return userId
}

export const onCallRouter = router({
  /** Schedules with who is on call now and the shifts of the coming days. */
  schedules: operator
    .input(z.object({ days: z.number().int().min(1).max(366).default(28) }))
    .query(async ({ ctx, input }) => {
      const from = new Date(Math.floor(ctx.now.getTime() / DAY_MS) * DAY_MS)
      const until = new Date(from.getTime() + input.days * DAY_MS)
      const kept = await readSchedules(ctx.sql, from)
      return kept.map(({ id: scheduleId, name, schedule, overrides }) => ({
        id: scheduleId,
        name,
        ...schedule,
        overrides,
        now: onCallAt(schedule, overrides, ctx.now),
        shifts: shiftsBetween(schedule, overrides, { from, until }),
      }))
    }),
  people: operator.query(({ ctx }) => listPeople(ctx.sql)),
  saveSchedule: operator
    .input(scheduleSchema.extend({ id: id.nullable(), name: z.string().trim().min(1, 'give it a name').max(60) }))
    .mutation(async ({ ctx, input: { id: of, ...rest } }) => ({ id: String(await saveSchedule(ctx, of, rest)) })),
  removeSchedule: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeSchedule(ctx, input.id)
    return { id: String(input.id) }
  }),
  addOverride: operator
    .input(z.object({ scheduleId: id, userId: z.string().max(64), from: z.coerce.date(), until: z.coerce.date() }))
    .mutation(async ({ ctx, input }) => ({ id: String(await addOverride(ctx, input)) })),
  removeOverride: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeOverride(ctx, input.id)
    return { id: String(input.id) }
  }),

  policies: operator.query(({ ctx }) => listPolicies(ctx.sql)),
  savePolicy: operator
    .input(policySchema.extend({ id: id.nullable() }))
    .mutation(async ({ ctx, input: { id: of, ...rest } }) => ({ id: String(await savePolicy(ctx, of, rest)) })),
  removePolicy: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removePolicy(ctx, input.id)
    return { id: String(input.id) }
  }),

  /** Ways to reach people: everybody's are listed, one's own can be changed. */
  contacts: operator.query(({ ctx }) => listContacts(ctx.sql)),
  contactKinds: operator.query(() => CONTACT_KINDS.map(formOf)),
  addContact: operator
    .input(z.object({ kind: z.string().max(40), fields: z.record(z.string().max(40), z.string().max(2_000)) }))
    .mutation(async ({ ctx, input }) => ({ id: String(await addContact(ctx, own(ctx.actor), input)) })),
  removeContact: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removeContact(ctx, own(ctx.actor), input.id)
    return { id: String(input.id) }
  }),
  testContact: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    const outcome = await testContact(ctx, own(ctx.actor), input.id)
    return { kind: outcome.kind, detail: outcome.kind === 'delivered' ? '' : outcome.reason }
  }),

  pages: operator
    .input(z.object({ limit: z.number().int().min(1).max(200).default(30) }))
    .query(({ ctx, input }) => listPages(ctx.sql, input.limit)),
  acknowledge: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await acknowledgePage(ctx, input.id)
    return { id: String(input.id) }
  }),
  /** Pages as an alert would, by a policy or everybody, and says DRILL everywhere. */
  drill: operator
    .input(z.object({ policyId: id.nullable(), requestId: z.string().min(8).max(100) }))
    .mutation(async ({ ctx, input }) => {
      const made = await ctx.sql.begin((tx) =>
        openPage(tx, ctx, {
          key: `drill:${input.requestId}`,
          title: 'Drill of paging: nothing is wrong',
          policyId: input.policyId,
          isDrill: true,
        }),
      )
      return { id: made === undefined ? null : String(made) }
    }),
  /** What the link in a message shows, for whoever has it. */
  byLink: open.input(z.object({ token })).query(({ ctx, input }) => pageByLink(ctx, input.token)),
})
