import type { Pool } from '#db/client.ts'
import type { Env } from '../env.ts'
import type { Route } from '../http.ts'
import { alertRoutes } from './alerts/alertRoutes.ts'
import { statusRoutes } from './statusRoutes.ts'
import { subscribeRoutes } from './subscribers/subscribeRoutes.ts'

/** This domain's HTTP routes. */
export const routes = (deps: { sql: Pool; env: Env }): Route[] => [
  ...subscribeRoutes(deps),
  ...statusRoutes(deps),
  ...alertRoutes(deps),
]
