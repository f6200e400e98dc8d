import { z } from 'zod'
import { operator, router } from '../trpc.ts'
import { affectedBy, hostsUnder } from './affected.ts'
import {
  archiveComponent,
  createComponent,
  createGroup,
  editComponent,
  editGroup,
  placeComponent,
  removePlacement,
} from './components.ts'
import { listComponents, listGroups } from './componentSql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/, 'a number')
  .transform(BigInt)
const position = z.number().int().min(0).max(10_000).default(100)
const name = z.string().trim().min(1, 'give it a name').max(80)
const fields = z.object({
  name,
  description: z.string().trim().max(300).default(''),
  region: z.string().trim().max(40).nullable().default(null),
  groupId: id.nullable().default(null),
  position,
  showUptime: z.boolean().default(true),
})
const placement = z.object({
  componentId: id,
  hostId: z.number().int().positive().max(2_147_483_647).nullable().default(null),
  clusterId: id.nullable().default(null),
  hostName: z
    .string()
    .trim()
    .regex(/^[\w.*-]{1,100}$/, 'letters, digits, dots and dashes; * stands for any of them')
    .nullable()
    .default(null),
})

export const componentRouter = router({
  list: operator.query(async ({ ctx }) => ({
    components: await listComponents(ctx.sql),
    groups: await listGroups(ctx.sql),
  })),
  create: operator
    .input(fields)
    .mutation(async ({ ctx, input }) => ({ id: String(await createComponent(ctx, input)) })),
  edit: operator.input(fields.extend({ id })).mutation(async ({ ctx, input }) => {
    await editComponent(ctx, input.id, input)
    return { id: String(input.id) }
  }),
  archive: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await archiveComponent(ctx, input.id)
    return { id: String(input.id) }
  }),
  createGroup: operator
    .input(z.object({ name, position }))
    .mutation(async ({ ctx, input }) => ({ id: String(await createGroup(ctx, input)) })),
  editGroup: operator.input(z.object({ id, name, position })).mutation(async ({ ctx, input }) => {
    await editGroup(ctx, input.id, input)
    return { id: String(input.id) }
  }),
  /** Says what a component stands on: a host, a cluster, or hosts by name. */
  place: operator
    .input(placement)
    .mutation(async ({ ctx, input }) => ({ id: String(await placeComponent(ctx, input.componentId, input)) })),
  unplace: operator.input(z.object({ id })).mutation(async ({ ctx, input }) => {
    await removePlacement(ctx, input.id)
    return { id: String(input.id) }
  }),
  /** Whose apps run on a component's hosts now. */
  affected: operator.input(z.object({ id })).query(async ({ ctx, input }) => {
    const hosts = await hostsUnder(ctx.sql, [input.id])
    return { hosts: hosts.length, accounts: await affectedBy(ctx.sql, hosts, ctx.now) }
  }),
})
