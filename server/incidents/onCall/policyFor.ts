import type { Sql } from '#db/client.ts'
import { matchesAll, type Matcher } from '../alerts/matchers.ts'
import type { Severity } from '../alerts/parseAlerts.ts'

/**
 * Which policy pages for a group of alerts: the first by position that matches one of them. What is critical pages in any
 * case, without a policy all operators (null). What is not wakes people only where a policy asks for that by a condition
 * on `severity`.
 */
export const policyFor = async (
  sql: Sql,
  alerts: readonly { severity: Severity; labels: Readonly<Record<string, string>> }[],
): Promise<bigint | null | 'nobody'> => {
  const policies = await sql<{ id: bigint; matchers: Matcher[] }[]>`select id, matchers from escalation_policy
    where removed_at is null order by position, id`
  const matching = policies.find(({ matchers }) =>
    alerts.some(
      ({ severity, labels }) =>
        matchesAll(matchers, { ...labels, severity }) &&
        (severity === 'critical' || matchers.some(({ label }) => label === 'severity')),
    ),
  )
  if (matching) return matching.id
  return alerts.some(({ severity }) => severity === 'critical') ? null : 'nobody'
}
