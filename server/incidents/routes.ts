import type { Env } from '../env.ts'
import type { Route } from '../http.ts'
import { statusRoutes } from './statusRoutes.ts'

/** This domain's HTTP routes. */
export const routes = (deps: { env: Env }): Route[] => [...statusRoutes(deps)]
