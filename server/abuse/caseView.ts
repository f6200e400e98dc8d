import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { caseName } from './caseEvent.ts'
import { standingDeletions, standingStrikes } from './history.ts'
import { isSame, linksOf, type Link } from './links.ts'
import { countOn, nextStep, STRIKES_TO_DELETE } from './machine.ts'
import {
  caseById,
  deletionsOf,
  disputesOf,
  eventsOf,
  listCases,
  sightingsOf,
  strikesOf,
  type CaseRow,
  type DeletionRow,
  type DisputeRow,
  type EventRow,
  type SightingRow,
  type StrikeRow,
} from './sql.ts'

const MOST_SIGHTINGS = 50

export type Next = { words: string; at: Date | null }

/** What the machine does next by itself, and when. Pure. */
export const nextOf = (
  about: Pick<CaseRow, 'state' | 'strikes'>,
  dispute: Pick<DisputeRow, 'dueAt'> | undefined,
  deletion: Pick<DeletionRow, 'keepUntil' | 'restoredAt'> | undefined,
  deletions: number,
): Next => {
  if (about.state === 'closed')
    return { words: 'Nothing: the case is closed. Strikes count until they expire.', at: null }
  if (dispute) return { words: 'The dispute is decided by what the executable did.', at: dispute.dueAt }
  if (about.state === 'deleted' && deletion && !deletion.restoredAt) {
    return { words: 'What was kept of the app is wiped.', at: deletion.keepUntil }
  }
  if (about.strikes === 0)
    return { words: 'It is looked at. A proof stops it; without one it closes after a quiet week.', at: null }
  return { words: `If it is started and proven again, it is stopped. ${nextStep(about.strikes, deletions)}`, at: null }
}

export type CaseView = CaseRow & {
  sightings: SightingRow[]
  strikeRows: StrikeRow[]
  strikesToDelete: number
  disputes: DisputeRow[]
  deletions: DeletionRow[]
  events: EventRow[]
  related: (Link & { same: boolean; strikes: number })[]
  others: CaseRow[]
  next: Next
}

/** Everything about one case. @throws DomainError NOT_FOUND */
export const caseView = async (sql: Sql, now: Date, id: bigint): Promise<CaseView> => {
  const about = await caseById(sql, now, id)
  if (!about) throw new DomainError('NOT_FOUND', `no case ${caseName(id)}`)
  const [sightings, strikeRows, disputes, deletions, events, links, cases, deleted] = await Promise.all([
    sightingsOf(sql, id, MOST_SIGHTINGS),
    strikesOf(sql, about.owner, about.app),
    disputesOf(sql, id),
    deletionsOf(sql, id),
    eventsOf(sql, id),
    linksOf(sql, about.owner),
    listCases(sql, now, { open: true, owner: about.owner, limit: 20 }),
    standingDeletions(sql, about.owner, now),
  ])
  const related = await Promise.all(
    links.map(async (link) => ({
      ...link,
      same: isSame(link.kinds),
      strikes: (await standingStrikes(sql, link.owner, now)).length,
    })),
  )
  const pending = disputes.find(({ state }) => state === 'pending')
  return {
    ...about,
    sightings,
    strikeRows,
    strikesToDelete: STRIKES_TO_DELETE,
    disputes,
    deletions,
    events,
    related,
    others: cases.filter((one) => one.id !== id),
    next: nextOf(about, pending, deletions[0], deleted.length),
  }
}

/** A case as its owner sees it: reasons, strikes and what happens next; not how rules are written, nor who is related. */
export const ownersView = async (sql: Sql, now: Date, owner: string, id: bigint) => {
  const about = await caseById(sql, now, id)
  if (!about || about.owner !== owner) throw new DomainError('NOT_FOUND', `no case ${caseName(id)} in this account`)
  const [sightings, strikeRows, disputes, deletions, events, standing, deleted] = await Promise.all([
    sightingsOf(sql, id, MOST_SIGHTINGS),
    strikesOf(sql, owner, about.app),
    disputesOf(sql, id),
    deletionsOf(sql, id),
    eventsOf(sql, id),
    standingStrikes(sql, owner, now),
    standingDeletions(sql, owner, now),
  ])
  const pending = disputes.find(({ state }) => state === 'pending')
  const told = new Set([
    'strike',
    'stopped',
    'throttled',
    'disputed',
    'dispute_cleared',
    'dispute_stands',
    'dispute_pending',
    'deleted',
    'restored',
    'wiped',
    'suspended',
    'no_strike',
  ])
  const struck = strikeRows.some((row) => row.caseId === id && row.erasedAt === null && row.expiresAt > now)
  return {
    id: about.id,
    app: about.app,
    category: about.category,
    state: about.state,
    openedAt: about.openedAt,
    outcome: about.outcome,
    reason: about.outcome === 'cleared' ? about.reason : null,
    strikes: countOn(standing, about.app),
    strikesToDelete: STRIKES_TO_DELETE,
    strikeRows: strikeRows.map(({ id, number, at, expiresAt, erasedAt, erasedReason, name }) => ({
      id,
      number,
      at,
      expiresAt,
      erasedAt,
      erasedReason,
      name,
    })),
    sightings: sightings.map(({ id, name, image, seenAt, startedAt, actedAt, action, points, contributions }) => ({
      id,
      name,
      image,
      seenAt,
      startedAt,
      actedAt,
      action,
      points,
      reasons: contributions.filter((one) => one.points > 0).map(({ words, points }) => ({ words, points })),
    })),
    dispute: disputes[0] ?? null,
    mayDispute: struck && !pending && about.state !== 'deleted' && about.state !== 'closed',
    deletion: deletions[0] ?? null,
    events: events.filter(({ kind }) => told.has(kind)).map(({ id, at, kind, words }) => ({ id, at, kind, words })),
    next: nextOf(about, pending, deletions[0], deleted.length),
  }
}
