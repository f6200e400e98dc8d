import type { Pool } from '#db/client.ts'
import { routes as abuseRoutes } from './abuse/routes.ts'
import { watchDrift } from './billing/stripe/drift.ts'
import { webhookRoute } from './billing/stripe/receiveEvent.ts'
import type { Auth } from './accounts/auth.ts'
import { routes as billingRoutes } from './billing/routes.ts'
import { createHostKeys } from './hosts/keys.ts'
import { routes as hostsRoutes } from './hosts/routes.ts'
import { routes as incidentsRoutes } from './incidents/routes.ts'
import type { Env } from './env.ts'
import type { Route } from './http.ts'
import type { Live } from './live.ts'
import { routes as registryRoutes } from './registry/routes.ts'
import { findingsRoutes } from './usage/findingsRoute.ts'
import type { Ingest } from './usage/ingest.ts'

/** What the domains' HTTP routes need. `ingest` is absent in a process without that role. */
export type RouteDeps = { sql: Pool; env: Env; auth: Auth; live: Live; ingest: Ingest | undefined }

/** Every HTTP route outside tRPC, sign-in and pages. */
export const domainRoutes = (deps: RouteDeps): Route[] => {
  watchDrift(deps.sql)
  const keys = createHostKeys(deps.sql, { live: deps.live })
  return [
    ...hostsRoutes({ ...deps, keys }),
    ...findingsRoutes({ ...deps, keys }),
    ...abuseRoutes({ ...deps, keys }),
    webhookRoute(deps),
    ...billingRoutes(deps),
    ...incidentsRoutes(deps),
    ...registryRoutes(deps),
    ...(deps.ingest ? deps.ingest.routes : []),
  ]
}
