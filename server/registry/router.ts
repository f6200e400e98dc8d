import { z } from 'zod'
import { admin, open, router } from '../trpc.ts'
import { registryAccountRouter, robotsRouter } from './accountRouter.ts'
import { createOfficial, makeOfficial } from './createOfficial.ts'
import { meetToChange } from './meet.ts'
import { orderOfficial } from './orderOfficial.ts'
import { registryHealth } from './health.ts'
import { repositoryRouter } from './repositoryRouter.ts'
import { searchRepositories } from './search.ts'
import { storageRouter } from './storageRouter.ts'

export const registryRouter = router({
  /** Whether images can be pushed and pulled now. */
  health: open.query(() => registryHealth()),
  /** Public repositories by what was typed, best first; without words the most popular. */
  search: open
    .input(
      z.object({
        text: z.string().max(200).default(''),
        official: z.boolean().optional(),
        offset: z.number().int().min(0).max(200).default(0),
        limit: z.number().int().min(1).max(50).default(20),
      }),
    )
    .query(async ({ ctx, input }) => {
      const rows = await searchRepositories(ctx.sql, { ...input, limit: input.limit + 1 })
      const { offset, limit } = input
      return { rows: rows.slice(0, limit), nextOffset: rows.length > limit ? offset + limit : null }
    }),
  createOfficial: admin
    .input(z.object({ name: z.string().max(100), description: z.string().trim().max(200).default('') }))
    .mutation(({ ctx, input }) => createOfficial(ctx, input)),
  makeOfficial: admin
    .input(z.object({ path: z.string().trim().min(1).max(200), name: z.string().trim().max(100) }))
    .mutation(async ({ ctx, input }) => makeOfficial(ctx, await meetToChange(ctx, input.path), input.name)),
  /** Official images in the order they are shown in; those not named follow. */
  orderOfficial: admin
    .input(z.object({ paths: z.array(z.string().max(200)).max(200) }))
    .mutation(({ ctx, input }) => orderOfficial(ctx, input.paths)),
  repository: repositoryRouter,
  account: registryAccountRouter,
  robots: robotsRouter,
  storage: storageRouter,
})
