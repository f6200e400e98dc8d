import { abuseRouter } from './abuse/router.ts'
import { accountsRouter } from './accounts/router.ts'
import { billingRouter } from './billing/router.ts'
import { liveRouter } from './changes.ts'
import { hostsRouter } from './hosts/router.ts'
import { incidentsRouter } from './incidents/router.ts'
import { noticesRouter } from './notices/router.ts'
import { registryRouter } from './registry/router.ts'
import { createCallerFactory, router } from './trpc.ts'
import { searchRouter, usageRouter } from './usage/router.ts'

/** Everything people and programs can ask for, a router a domain. */
export const appRouter = router({
  accounts: accountsRouter,
  notices: noticesRouter,
  hosts: hostsRouter,
  usage: usageRouter,
  abuse: abuseRouter,
  incidents: incidentsRouter,
  registry: registryRouter,
  billing: billingRouter,
  search: searchRouter,
  live: liveRouter,
})

export type AppRouter = typeof appRouter
export const createCaller = createCallerFactory(appRouter)
/** The root router as plain functions, for server components. */
export type Caller = ReturnType<typeof createCaller>
