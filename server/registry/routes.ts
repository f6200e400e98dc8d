import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import type { Route } from '../http.ts'
import { eventsRoute } from './eventsRoute.ts'
import { tokenRoutes } from './tokenRoute.ts'

/** The registry's routes outside tRPC: the token service and its notifications. `/v2/` is the front's. */
export const routes = (deps: { sql: Pool; env: Env }): Route[] => [...tokenRoutes(deps), eventsRoute(deps)]
