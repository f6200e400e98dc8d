import type { Tx } from '#db/client.ts'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { addJob, type JobPayload } from '../../jobs.ts'
import { announce } from '../../live.ts'
import { policyFor } from './policyFor.ts'

export type NewPage = {
  /** States the fact: told twice it is one page. */
  key: string
  title: string
  body?: string
  groupKey?: string
  alertId?: bigint
  incidentId?: bigint | null
  /** Whose turn it is to be woken; null is all operators. */
  policyId: bigint | null
  isDrill: boolean
}

/** Begins to wake people, until somebody acknowledges. Undefined where that key was paged before. */
export const openPage = async (tx: Tx, ctx: Context, page: NewPage): Promise<bigint | undefined> => {
  const { key, title, body = '', groupKey, alertId, incidentId, policyId, isDrill } = page
  const [row] = await tx<{ id: bigint }[]>`
    insert into page (key, title, body, group_key, alert_id, incident_id, policy_id, is_drill, state, next_at, opened_at)
    values (${key}, ${title.slice(0, 500)}, ${body.slice(0, 4_000)}, ${groupKey ?? null}, ${alertId ?? null},
      ${incidentId ?? null}, ${policyId}, ${isDrill}, 'open', ${ctx.now}, ${ctx.now})
    on conflict (key) do nothing returning id`
  if (!row) return undefined
  await audit(tx, ctx, { action: 'incidents.page.open', subject: { kind: 'page', id: row.id }, after: { key, title } })
  await addJob(tx, 'incidents.escalate', {})
  await announce(tx, 'pages')
  return row.id
}

/** Job `incidents.page`: another part of the house asks for people to be woken. The policy is that for critical alerts. */
export const pageFor = async (
  ctx: Context,
  { key, title, body, incidentId, isDrill }: JobPayload<'incidents.page'>,
): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const policy = await policyFor(tx, [{ severity: 'critical', labels: {} }])
    await openPage(tx, ctx, {
      key,
      title,
      ...(body === undefined ? {} : { body }),
      ...(incidentId === undefined ? {} : { incidentId: BigInt(incidentId) }),
      policyId: policy === 'nobody' ? null : policy,
      isDrill: isDrill ?? false,
    })
  })
