import { noticesRouter } from './notices/router.ts'
import { createCallerFactory, router } from './trpc.ts'

/** Everything people and programs can ask for, a router a domain. */
export const appRouter = router({
  notices: noticesRouter,
})

export type AppRouter = typeof appRouter
export const createCaller = createCallerFactory(appRouter)
/** The root router as plain functions, for server components. */
export type Caller = ReturnType<typeof createCaller>
