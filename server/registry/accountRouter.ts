import { z } from 'zod'
import { userIdOf } from '../context.ts'
import { entitlementsOf } from '../accounts/setEntitlements.ts'
import { hasRole, inAccount, router } from '../trpc.ts'
import { createRobot, revokeRobot, rotateRobot } from './changeRobot.ts'
import { setDefaultVisibility } from './editRepository.ts'
import { limitsOf } from './limits.ts'
import { repositoryNameFault } from './path.ts'
import { roleGives } from './permission.ts'
import { robotLogin } from './robot.ts'
import { accountDays, heldBy, repositoriesOf, robotsOf } from './sql.ts'

const id = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt)
const reach = z.enum(['read', 'write'])

export const registryAccountRouter = router({
  /** Repositories that the member may use, what the account has of its plan's limits, and where its images are. */
  overview: inAccount().query(async ({ ctx }) => {
    const { account } = ctx
    const seesAll = roleGives(account.role) !== undefined || hasRole(ctx.actor, 'operator')
    const seenBy = seesAll ? ('all' as const) : { userId: userIdOf(ctx.actor) }
    const [repositories, held, entitled] = await Promise.all([
      repositoriesOf(ctx.sql, account.id, seenBy, ctx.now),
      heldBy(ctx.sql, account.id, ctx.now),
      entitlementsOf(ctx.sql, account.id),
    ])
    const limits = limitsOf(entitled)
    const { host } = new URL(ctx.env.publicUrl)
    return { repositories, held, limits, image: `${host}/${account.name}`, mayCreate: seesAll && account.role !== null }
  }),
  days: inAccount()
    .input(z.object({ days: z.number().int().min(7).max(365).default(30) }))
    .query(({ ctx, input }) => accountDays(ctx.sql, ctx.account.id, input.days, ctx.now)),
  setDefaultVisibility: inAccount(['owner', 'admin'])
    .input(z.object({ visibility: z.enum(['public', 'private']) }))
    .mutation(({ ctx, input }) => setDefaultVisibility(ctx, ctx.account, input.visibility)),
})

export const robotsRouter = router({
  list: inAccount().query(async ({ ctx }) => {
    const rows = await robotsOf(ctx.sql, ctx.account.id)
    return rows.map((row) => ({ ...row, login: robotLogin(ctx.account.name, row.name) }))
  }),
  /** The answer has the secret, which nobody can read again. */
  create: inAccount(['owner', 'admin'])
    .input(
      z.object({
        name: z
          .string()
          .max(60)
          .superRefine((name, at) => {
            const fault = repositoryNameFault(name)?.replace("a repository's name", "a robot's name")
            if (fault) at.addIssue({ code: 'custom', message: fault })
          }),
        description: z.string().trim().max(200).default(''),
        reach: z.union([
          z.object({ every: reach }),
          z.object({
            repositories: z
              .array(z.object({ name: z.string().max(100), permission: reach }))
              .min(1, 'choose a repository, or all of them')
              .max(200),
          }),
        ]),
        expiresInDays: z.number().int().min(1).max(730).nullable(),
      }),
    )
    .mutation(({ ctx, input }) => createRobot(ctx, ctx.account, input)),
  rotate: inAccount(['owner', 'admin'])
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => rotateRobot(ctx, ctx.account, input.id)),
  revoke: inAccount(['owner', 'admin'], { whileHeld: true })
    .input(z.object({ id }))
    .mutation(({ ctx, input }) => revokeRobot(ctx, ctx.account, input.id)),
})
