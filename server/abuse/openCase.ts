import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { announce } from '../live.ts'
import { caseEvent, plain } from './caseEvent.ts'
import type { Owner } from './owner.ts'

export type CaseState = 'watched' | 'throttled' | 'stopped' | 'disputed' | 'deleted' | 'closed'
export type OpenCase = { id: bigint; state: CaseState; points: number }

/** The open case of an app, opened where there is none. The caller holds the owner's lock. */
export const openCase = async (
  tx: Tx,
  ctx: Context,
  { owner, accountId, app }: Owner,
  seen: { category: string; points: number; at: Date },
): Promise<OpenCase> => {
  const [known] = await tx<OpenCase[]>`update abuse_case set points = greatest(points, ${seen.points}),
      category = case when ${seen.points} > points then ${seen.category} else category end,
      last_seen_at = greatest(last_seen_at, ${seen.at}), account_id = coalesce(account_id, ${accountId})
    where owner = ${owner} and app = ${app} and closed_at is null returning id, state, points`
  if (known) return known
  const [made] = await tx<OpenCase[]>`
    insert into abuse_case (owner, account_id, app, category, state, points, opened_at, last_seen_at)
    values (${owner}, ${accountId}, ${app}, ${seen.category}, 'watched', ${seen.points}, ${ctx.now}, ${seen.at})
    returning id, state, points`
  if (!made) throw new Error('a case was not kept')
  await caseEvent(tx, ctx, made.id, {
    kind: 'opened',
    words: `Opened with a score of ${seen.points} in ${plain(owner)}/${plain(app)}.`,
  })
  return made
}

/** Moves a case on, and tells open pages. */
export const setState = async (tx: Tx, caseId: bigint, state: Exclude<CaseState, 'closed'>): Promise<void> => {
  await tx`update abuse_case set state = ${state} where id = ${caseId} and closed_at is null`
  await announce(tx, `abuse:${caseId}`)
}

/** One owner's matters are judged one after the other. */
export const lockOwner = async (tx: Tx, owner: string): Promise<void> => {
  await tx`select pg_advisory_xact_lock(hashtext(${`abuse:${owner}`}))`
}
