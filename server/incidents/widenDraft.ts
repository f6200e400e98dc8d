import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { announce } from '../live.ts'
import { componentsOn } from './affected.ts'
import type { DraftContent } from './draft.ts'
import { fillTemplate } from './fillTemplate.ts'
import { wordsFor } from './openIncident.ts'
import { lockIncident } from './postUpdate.ts'
import { incidentName } from './state.ts'
import { templateNamed } from './templateSql.ts'

/**
 * Adds hosts, and the components that stand on them, to what a draft suggests: more has come in of the same trouble. Title and
 * text follow as long as they are the template's. What was posted already, and what people write of their own, stays as it is.
 */
export const widenDraft = async (
  tx: Tx,
  ctx: Context,
  incidentId: bigint,
  { hosts, startedAt }: { hosts: readonly number[]; startedAt: Date },
): Promise<void> => {
  const incident = await lockIncident(tx, incidentId)
  if (incident.state !== 'draft') return
  await tx`update incident set started_at = least(started_at, ${startedAt}::timestamptz) where id = ${incidentId}`
  const [draft] = await tx<{ content: DraftContent }[]>`select content from incident_draft
    where incident_id = ${incidentId} and author = ''`
  const more = draft ? [...new Set(hosts)].filter((host) => !draft.content.hosts.includes(host)) : []
  if (!draft || more.length === 0) return
  const before = draft.content
  const known = new Set(before.components.map(({ componentId }) => componentId))
  const inferred = (await componentsOn(tx, more)).filter(({ id }) => !known.has(String(id)))
  const after: DraftContent = {
    ...before,
    hosts: [...before.hosts, ...more],
    components: [
      ...before.components,
      ...inferred.map(({ id }) => ({ componentId: String(id), status: 'degraded_performance' as const })),
    ],
  }
  const template = await templateNamed(tx, before.template ?? 'default', incident.kind)
  const [old, now] = [
    await wordsFor(tx, before.hosts, before.components),
    await wordsFor(tx, after.hosts, after.components),
  ]
  const follow = (said: string, words: string | undefined) =>
    words !== undefined && said === fillTemplate(words, old) ? fillTemplate(words, now) : said
  const title = follow(incident.title, template?.title)
  after.text = follow(before.text, template?.texts[before.state])
  await tx`update incident_draft set content = ${JSON.stringify(after)}::text::jsonb, saved_at = ${ctx.now}
    where incident_id = ${incidentId} and author = ''`
  await tx`update incident set title = ${title}, updated_at = ${ctx.now} where id = ${incidentId}`
  await audit(tx, ctx, {
    action: 'incidents.incident.widen',
    subject: { kind: 'incident', id: incidentName(incidentId) },
    before: { title: incident.title, hosts: before.hosts, components: before.components },
    after: { title, hosts: after.hosts, components: after.components },
  })
  await announce(tx, `incident:${incidentId}`)
  await announce(tx, 'incidents')
}
