import type { Context } from '../../context.ts'
import { alertsOfOwn } from './ownAlerts.ts'
import { alertsOfHeartbeats } from './heartbeats.ts'
import { receiveAlertsIn } from './receiveAlerts.ts'
import { wakeUnsilenced } from './silences.ts'

/** The source of alerts that Wharfinger makes itself. No token can send as it. */
export const OWN = 'wharfinger'

/**
 * Job `incidents.watch`: what Wharfinger itself sees wrong, and signs of life that did not come, become alerts as others
 * do; silences that ended wake. That it ran is written down for whoever watches from outside. `upSince` is when this process
 * began.
 */
export const watch = async (ctx: Context, upSince = new Date(Date.now() - process.uptime() * 1_000)): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    await receiveAlertsIn(tx, ctx, OWN, await alertsOfOwn(tx, ctx.now, upSince))
    await receiveAlertsIn(tx, ctx, 'heartbeat', await alertsOfHeartbeats(tx, ctx))
    await wakeUnsilenced(tx, ctx)
    await tx`insert into paging_watch (id, at) values (1, ${ctx.now}) on conflict (id) do update set at = excluded.at`
  })
}
