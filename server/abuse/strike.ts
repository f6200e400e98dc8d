import type { Tx } from '#db/client.ts'
import type { Contribution } from '#agents/score.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import type { Target } from './act.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { deleteApp } from './deleteApp.ts'
import { deleteLife, deletionOf } from './finishDeletion.ts'
import { expiryOf, historyOf } from './history.ts'
import { consequence, nextStep, STRIKES_TO_DELETE, type Consequence, type Life, type NoStrike } from './machine.ts'
import type { Owner } from './owner.ts'
import { tellOwner } from './tellOwner.ts'

export type ProvenStop = {
  caseId: bigint
  sightingId: bigint
  owner: Owner
  life: Life & Target
  contributions: Contribution[]
}

const WHY_NOT: Record<NoStrike, string> = {
  epoch_counted: 'this run of the container brought its strike before',
  before_notice: 'it was started before the notice of the last stop was sent',
  same_deploy: 'it is a replica of a deploy that brought a strike',
  being_deleted: 'its app is deleted already, and this life of it too',
}

/** The contributions that count, in one line: `RandomX memory (70) + pool connection (60)`, in their own words. */
export const reasons = (contributions: readonly Contribution[]): string =>
  contributions
    .filter(({ points }) => points > 0)
    .map(({ words, points }) => `${plain(words.replace(/\.$/, ''), 200)} (${points})`)
    .join('; ')

/**
 * What a stop brings that was proven: a strike where it counts, and what follows from it, each once. The owner is told in
 * the same transaction. The caller holds the owner's lock.
 */
export const strike = async (tx: Tx, ctx: Context, stop: ProvenStop): Promise<Consequence> => {
  const { caseId, sightingId, owner, life, contributions } = stop
  const history = await historyOf(tx, owner, ctx.now)
  const [counted] = await tx`select 1 from abuse_strike where host_id = ${life.hostId} and epoch = ${life.epoch}`
  const deletion = await deletionOf(tx, owner, life)
  const next = consequence(history, life, { counted: counted !== undefined, deleted: deletion !== undefined }, ctx.now)
  if (deletion !== undefined) await deleteLife(tx, ctx, caseId, deletion, life)
  const why = reasons(contributions)
  if (typeof next.strike === 'string') {
    await caseEvent(tx, ctx, caseId, {
      kind: 'no_strike',
      words: `Stopped ${plain(life.name)} without a strike: ${WHY_NOT[next.strike]}.`,
      detail: { sightingId, why: next.strike },
    })
    return next
  }
  const { number, carried } = next.strike
  const [row] = await tx<{ id: bigint }[]>`
    insert into abuse_strike (case_id, sighting_id, owner, account_id, app, host_id, epoch, image, name, started_at,
      number, carried, at, told_at, expires_at)
    values (${caseId}, ${sightingId}, ${owner.owner}, ${owner.accountId}, ${owner.app}, ${life.hostId}, ${life.epoch},
      ${life.image}, ${life.name}, ${life.startedAt}, ${number}, ${carried}, ${ctx.now}, ${ctx.now}, ${expiryOf(ctx.now)})
    returning id`
  if (!row) throw new Error('a strike was not kept')
  const returning = carried > 0 ? ' It begins there since the owner was struck under another name.' : ''
  await caseEvent(tx, ctx, caseId, {
    kind: 'strike',
    words: `Strike ${number} of ${STRIKES_TO_DELETE}.${returning} ${why}`,
    detail: { strikeId: row.id, sightingId, number, carried },
  })
  await audit(tx, ctx, {
    action: 'abuse.strike.give',
    subject: { kind: 'abuse_strike', id: row.id },
    accountId: owner.accountId,
    after: { caseId, app: owner.app, number, carried, hostId: life.hostId, epoch: life.epoch, why },
  })
  if (next.deleteApp) await deleteApp(tx, ctx, caseId, owner, `strike ${number} of ${STRIKES_TO_DELETE}`)
  await tell(tx, ctx, stop, row.id, next, number, history.deletions.length)
  if (next.suspend) {
    await addJob(
      tx,
      'abuse.suspend',
      { caseId: String(caseId), why: next.suspend },
      { key: `abuse:suspend:${owner.owner}` },
    )
  }
  return next
}

const tell = async (
  tx: Tx,
  ctx: Context,
  { caseId, owner, contributions }: ProvenStop,
  strikeId: bigint,
  next: Consequence,
  number: number,
  deletions: number,
) => {
  const app = plain(owner.app)
  const done = next.deleteApp
    ? `The app is deleted. Its volumes and configuration are kept for 7 days; ask us to restore it before they end.`
    : 'The container was stopped, and will be stopped again if it does the same.'
  const then = next.suspend ? 'The account is suspended.' : nextStep(number, deletions + (next.deleteApp ? 1 : 0))
  await tellOwner(tx, ctx, caseId, owner, {
    severity: 'critical',
    kind: next.deleteApp ? 'abuse.deleted' : 'abuse.stopped',
    title: next.deleteApp
      ? `${app} was deleted after ${number} strikes`
      : `${app} was stopped: strike ${number} of ${STRIKES_TO_DELETE}`,
    body: `What we saw: ${reasons(contributions)}. ${done} ${then} If this is wrong, dispute it: the app then runs for a day at a tenth of a core while we look, and no person has to decide.`,
    key: `strike:${strikeId}`,
  })
}
