import { router } from '../trpc.ts'
import { alertRouter } from './alertRouter.ts'
import { analyticsRouter } from './analyticsRouter.ts'
import { channelRouter } from './channelRouter.ts'
import { componentRouter } from './componentRouter.ts'
import { incidentRouter } from './incidentRouter.ts'
import { onCallRouter } from './onCallRouter.ts'
import { statusPageRouter } from './statusPageRouter.ts'
import { subscriberRouter } from './subscriberRouter.ts'

export const incidentsRouter = router({
  /** Components, groups, which hosts they stand on, who is affected. */
  components: componentRouter,
  /** Incidents and maintenances: open, post, correct, retract, templates, postmortems. */
  incident: incidentRouter,
  /** Channels and deliveries: settings, previews, tests, the ledger. */
  channels: channelRouter,
  subscribers: subscriberRouter,
  statusPage: statusPageRouter,
  /** Alerts, sources, silences. */
  alerts: alertRouter,
  /** Schedules, overrides, escalation, pages, contacts. */
  onCall: onCallRouter,
  analytics: analyticsRouter,
})
