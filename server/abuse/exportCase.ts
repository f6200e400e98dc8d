import type { Sql } from '#db/client.ts'
import { sha256Hex } from '#agents/protocol.ts'
import { caseName } from './caseEvent.ts'
import { caseView } from './caseView.ts'
import { newestRules } from './bundle.ts'

/**
 * A case as one JSON document for a dispute about the terms of service: everything that was seen, the rules that judged it, what
 * was done and when. `digest` is the SHA-256 of `content`, so that a copy can be checked.
 */
export const exportCase = async (
  sql: Sql,
  now: Date,
  id: bigint,
): Promise<{ name: string; content: string; digest: string }> => {
  const view = await caseView(sql, now, id)
  const rules = await newestRules(sql)
  const used = new Set(view.sightings.flatMap(({ contributions }) => contributions.map(({ rule }) => rule)))
  const bundles = await sql<{ version: bigint; digest: string; signature: string; issuedAt: Date }[]>`
    select version, digest, signature, issued_at from abuse_bundle
    where version = any(${view.sightings.map(({ bundle }) => String(bundle))}::bigint[]) order by version`
  const { related: _, ...about } = view
  const content = JSON.stringify(
    {
      case: caseName(id),
      exportedAt: now,
      ...about,
      rulesVersion: rules?.version,
      rules: rules?.rules.filter((rule) => used.has(rule.id)),
      bundles,
    },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
    1,
  )
  return { name: `${caseName(id)}.json`, content, digest: sha256Hex(content) }
}
