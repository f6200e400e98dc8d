import { acknowledgePage } from '../incidents/onCall/acknowledgePage.ts'
import { addContact } from '../incidents/onCall/changeContact.ts'
import { savePolicy } from '../incidents/onCall/changePolicy.ts'
import { addOverride, saveSchedule } from '../incidents/onCall/changeSchedule.ts'
import { escalate } from '../incidents/onCall/escalate.ts'
import { openPage } from '../incidents/onCall/openPage.ts'
import { addHeartbeat, beat } from '../incidents/alerts/heartbeats.ts'
import { receiveAlerts } from '../incidents/alerts/receiveAlerts.ts'
import { addSilence } from '../incidents/alerts/silences.ts'
import { addSource } from '../incidents/alerts/sources.ts'
import type { IncomingAlert } from '../incidents/alerts/parseAlerts.ts'
import { userIdOf, type Context } from '../context.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../time.ts'

const alert = (
  of: Pick<IncomingAlert, 'title' | 'severity' | 'labels'>,
  startsAt: Date,
  endsAt: Date | null = null,
): IncomingAlert => ({
  ...of,
  fingerprint: Object.values(of.labels).join(' '),
  startsAt,
  endsAt,
  annotations: {},
  link: null,
  groupKey: of.labels['alertname'] ?? '',
})

/** A week's turns with somebody who takes over, a policy, and alerts that wake nobody. */
export const seedOnCall = async (ctx: Context): Promise<void> => {
  const userId = userIdOf(ctx.actor)
  if (userId === null) return
  const scheduleId = await saveSchedule(ctx, null, {
    name: 'Platform',
    timeZone: 'Europe/Amsterdam',
    layers: [
      {
        name: 'Turns',
        users: [userId],
        unit: 'week',
        every: 1,
        startsOn: new Date(ctx.now.getTime() - 28 * DAY_MS).toISOString().slice(0, 10),
        handoverAt: '09:00',
        hours: [],
      },
    ],
  })
  const soon = (days: number) => new Date(ctx.now.getTime() + days * DAY_MS)
  await addOverride(ctx, { scheduleId, userId, from: soon(3), until: soon(4) })
  await savePolicy(ctx, null, {
    name: 'Usual',
    steps: [
      { afterMinutes: 0, targets: [{ schedule: String(scheduleId) }] },
      { afterMinutes: 10, targets: [{ user: userId }] },
    ],
    repeatMinutes: 10,
    matchers: [],
    position: 100,
  })
  await addContact(ctx, userId, { kind: 'email', fields: { to: 'priya@halyard.example' } })
  await drill({ ...ctx, now: new Date(ctx.now.getTime() - 2 * DAY_MS) })
  await addSource(ctx, 'prometheus')
  const { token } = await addHeartbeat(ctx, { name: 'nightly backup', everyMinutes: 1_440, graceMinutes: 60 })
  await beat(ctx, token)
  await addSilence(ctx, {
    matchers: [{ label: 'alertname', is: 'equal', value: 'DiskWearout' }],
    endsAt: new Date(ctx.now.getTime() + 6 * HOUR_MS),
    comment: 'The disks are replaced on Thursday.',
  })
  const ago = (minutes: number) => new Date(ctx.now.getTime() - minutes * MINUTE_MS)
  await receiveAlerts(ctx, 'prometheus', [
    alert(
      {
        title: 'A disk of ams1-c3 wears out',
        severity: 'critical',
        labels: { alertname: 'DiskWearout', instance: 'ams1-c3:9100', severity: 'critical' },
      },
      ago(190),
    ),
    alert(
      {
        title: 'Certificates expire in 12 days',
        severity: 'warning',
        labels: { alertname: 'CertificateExpires', severity: 'warning' },
      },
      ago(75),
    ),
  ])
}

/** A drill of two days ago, acknowledged after four minutes. */
const drill = async (ctx: Context) => {
  const pageId = await ctx.sql.begin((tx) =>
    openPage(tx, ctx, {
      key: 'demo:drill',
      title: 'Drill of paging: nothing is wrong',
      policyId: null,
      isDrill: true,
    }),
  )
  await escalate(ctx)
  if (pageId !== undefined) await acknowledgePage({ ...ctx, now: new Date(ctx.now.getTime() + 4 * MINUTE_MS) }, pageId)
}
