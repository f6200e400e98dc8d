import type { Sql } from '#db/client.ts'
import { labelOf, type Context } from '../context.ts'

/** Writes what happened to a case into its timeline. `words` is for people, `detail` has the facts. */
export const caseEvent = async (
  tx: Sql,
  ctx: Context,
  caseId: bigint,
  event: { kind: string; words: string; detail?: Record<string, unknown>; at?: Date },
): Promise<void> => {
  const detail = JSON.stringify(event.detail ?? {}, (_, v: unknown) => (typeof v === 'bigint' ? v.toString() : v))
  await tx`insert into abuse_event (case_id, at, kind, actor, words, detail)
    values (${caseId}, ${event.at ?? ctx.now}, ${event.kind}, ${labelOf(ctx.actor)}, ${event.words}, ${detail}::text::jsonb)`
}

/** How a case is named to people. */
export const caseName = (id: bigint | string): string => `AB-${id}`

export const opsHref = (id: bigint | string): string => `/ops/abuse/${id}`
export const ownerHref = (account: string, id: bigint | string): string => `/${account}/abuse/${id}`

/** Text of hostile origin in a sentence: one line, no control characters, cut. */
export const plain = (text: string, most = 120): string => {
  // oxlint-disable-next-line no-control-regex -- these are what has to go
  const clean = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
}
