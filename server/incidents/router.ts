import { router } from '../trpc.ts'
import { analyticsRouter } from './analyticsRouter.ts'
import { alertRouter } from './alerts/alertRouter.ts'
import { channelRouter } from './channelRouter.ts'
import { componentRouter } from './componentRouter.ts'
import { incidentRouter } from './incidentRouter.ts'
import { onCallRouter } from './onCall/onCallRouter.ts'
import { statusPageRouter } from './statusPageRouter.ts'
import { subscriberRouter } from './subscribers/subscriberRouter.ts'

export const incidentsRouter = router({
  /** Components, groups, which hosts they stand on, who is affected. */
  components: componentRouter,
  /** Incidents and maintenances: open, post, correct, retract, templates, postmortems. */
  incident: incidentRouter,
  /** Channels and deliveries: settings, previews, tests, the ledger. */
  channels: channelRouter,
  statusPage: statusPageRouter,
  /** Alerts, silences, where alerts come from, signs of life. */
  alerts: alertRouter,
  /** Who is on call, how they are reached, who was paged. */
  onCall: onCallRouter,
  /** Who asked to be told: by mail, webhook and Slack. */
  subscribers: subscriberRouter,
  /** What the record says of outages, people and channels. */
  analytics: analyticsRouter,
})
