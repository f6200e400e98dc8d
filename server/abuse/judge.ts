import type { Tx } from '#db/client.ts'
import type { Observation } from '#agents/rules.ts'
import { score, type Score } from '#agents/score.ts'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { announce } from '../live.ts'
import { act } from './act.ts'
import { breakers } from './breaker.ts'
import { bundleNow } from './bundle.ts'
import { caseEvent, plain } from './caseEvent.ts'
import { failDispute, noteCapture, pendingDispute } from './dispute.ts'
import { readFound, type Found } from './found.ts'
import { EVERYBODY, keepMarks } from './links.ts'
import { marksOf, publicMarksOf } from './marksOf.ts'
import { countSighting } from './meters.ts'
import { lockOwner, openCase, setState, type OpenCase } from './openCase.ts'
import { ownerOf, type Owner } from './owner.ts'
import { reasons, strike } from './strike.ts'
import { tellOperators, tellOwner } from './tellOwner.ts'

/** For so long a finding waits for the report that declares its epoch. */
const DECLARED_WITHIN_MS = 120_000

/** What was judged: all that acting on it needs. */
type Judged = { found: Found; owner: Owner; score: Score; opened: OpenCase; sightingId: bigint }

/**
 * Job `abuse.judge`: judges an agent's finding again with our own rules, keeps it with its case, and lets follow what
 * follows. A finding that comes twice changes nothing; one may overtake the report that declares its epoch and comes again.
 */
export const judge = async (ctx: Context, { hostId, findingId }: JobPayload<'abuse.judge'>): Promise<void> => {
  const found = await readFound(ctx.sql, hostId, findingId)
  if (!found) return
  const { abuse, epoch } = found
  const late = ctx.now.getTime() - found.receivedAt.getTime() > DECLARED_WITHIN_MS
  const owner = await ownerOf(ctx.sql, ctx.env, { hostId, epoch, ...abuse }, late)
  if (!owner) throw new Error(`the epoch of finding ${findingId} of host ${hostId} is not declared yet`)
  await ctx.sql.begin(async (tx) => {
    await lockOwner(tx, owner.owner)
    const bundle = { version: 0, issuedAtMs: 0, ...(await bundleNow(tx, found.cluster, ctx.now)) }
    const scored = score(bundle, abuse.observations as Observation[], {
      account: owner.owner,
      app: owner.app,
      nowMs: found.seenAt.getTime(),
    })
    const known = await tx`select 1 from abuse_sighting where host_id = ${hostId} and finding_id = ${findingId}`
    if (known.length > 0) return
    // A look of a dispute that is over: nothing to open a case for.
    if (abuse.action === 'captured' && scored.points === 0 && !(await pendingDispute(tx, owner))) return
    const opened = await openCase(tx, ctx, owner, {
      category: scored.category ?? scored.wouldHave.category ?? 'miner',
      points: scored.points,
      at: found.seenAt,
    })
    const sightingId = await keep(tx, found, owner, scored, opened.id)
    await keepMarks(tx, ctx.env, EVERYBODY, publicMarksOf(abuse), found.seenAt, false)
    const judged: Judged = { found, owner, score: scored, opened, sightingId }
    await follow(tx, ctx, judged)
    await announce(tx, `abuse:${opened.id}`)
    countSighting(scored, found)
  })
}

const keep = async (tx: Tx, found: Found, owner: Owner, scored: Score, caseId: bigint): Promise<bigint> => {
  const { abuse } = found
  const counting = (contributions: Score['contributions']) =>
    contributions.filter(({ points }) => points > 0).map(({ rule }) => rule)
  const rules = counting(scored.contributions)
  const dry = counting(scored.wouldHave.contributions).filter((rule) => !rules.includes(rule))
  const json = (value: unknown) => JSON.stringify(value)
  const [row] = await tx<{ id: bigint }[]>`
    insert into abuse_sighting (case_id, host_id, finding_id, epoch, owner, app, container_id, name, image, image_id,
      seen_at, started_at, acted_at, action, verdict, points, category, contributions, observations, executables, wallets,
      rules, would_have, dry_rules, held_by, bundle)
    values (${caseId}, ${found.hostId}, ${found.findingId}, ${found.epoch}, ${owner.owner}, ${owner.app},
      ${abuse.containerId}, ${abuse.name}, ${abuse.image}, ${abuse.imageId ?? null}, ${found.seenAt}, ${found.startedAt},
      ${found.actedAt}, ${abuse.action}, ${scored.verdict}, ${scored.points}, ${scored.category},
      ${json(scored.contributions)}::text::jsonb, ${json(abuse.observations)}::text::jsonb,
      ${json(abuse.executables)}::text::jsonb, ${abuse.wallets}, ${rules}, ${scored.wouldHave.verdict}, ${dry},
      ${scored.heldBy}, ${abuse.bundle})
    returning id`
  if (!row) throw new Error('a sighting was not kept')
  return row.id
}

/** Seconds while they are what matters, then coarser. */
const span = (seconds: number): string => {
  if (seconds < 600) return `${seconds} s`
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`
}

/** What follows from a judged finding: never more than our own score says, whatever the agent did. */
const follow = async (tx: Tx, ctx: Context, judged: Judged): Promise<void> => {
  const { found, owner, score: scored, opened } = judged
  const stoppedThere = found.abuse.action === 'stopped'
  const dispute = await pendingDispute(tx, owner)
  const provenAtAll = scored.verdict === 'stop' && (scored.heldBy === null || scored.heldBy === 'dispute')
  if (dispute && found.startedAt >= dispute.openedAt) {
    // Its own day: it clears itself or fails, and brings no further strike.
    await noteCapture(tx, dispute, found)
    if (provenAtAll)
      await failDispute(tx, ctx, dispute, owner, { ...target(found), why: reasons(scored.contributions) })
    return
  }
  if (scored.action === 'stop') return await stopped(tx, ctx, judged)
  if (stoppedThere) return await notUpheld(tx, ctx, judged)
  if (scored.action === 'throttle') return await throttled(tx, ctx, judged)
  if (scored.heldBy !== null) {
    await caseEvent(tx, ctx, opened.id, {
      kind: 'held',
      words: `Left alone with ${scored.points} points: ${HELD[scored.heldBy]}.`,
      detail: { sightingId: judged.sightingId, heldBy: scored.heldBy },
    })
  }
}

const HELD: Record<NonNullable<Score['heldBy']>, string> = {
  hold_fire: 'hold fire is on',
  protected: 'the app or its account is protected',
  dispute: 'it is disputed',
  policy: 'its cluster’s policy allows it',
}

const target = ({ hostId, epoch, abuse }: Found) => ({
  hostId,
  epoch,
  containerId: abuse.containerId,
  name: abuse.name,
})

const stopped = async (tx: Tx, ctx: Context, judged: Judged) => {
  const { found, owner, score: scored, opened, sightingId } = judged
  const { abuse } = found
  await keepMarks(tx, ctx.env, owner.owner, marksOf(abuse, owner.owner), found.seenAt, true)
  const seconds = Math.max(
    0,
    Math.round(((found.actedAt ?? found.seenAt).getTime() - found.startedAt.getTime()) / 1000),
  )
  await caseEvent(tx, ctx, opened.id, {
    kind: 'stopped',
    at: found.actedAt ?? found.seenAt,
    words:
      abuse.action === 'stopped'
        ? `The host stopped ${plain(abuse.name)} ${span(seconds)} after its start, with ${scored.points} points.`
        : `${plain(abuse.name)} has ${scored.points} points with a proof: it is stopped.`,
    detail: { sightingId, points: scored.points },
  })
  if (abuse.action !== 'stopped') {
    await act(tx, ctx, opened.id, target(found), 'stop', { key: 'stop', why: 'proven abuse' })
  }
  if (opened.state !== 'deleted') await setState(tx, opened.id, 'stopped')
  const life = { ...target(found), app: owner.app, image: abuse.imageId ?? abuse.image, startedAt: found.startedAt }
  await strike(tx, ctx, { caseId: opened.id, sightingId, owner, life, contributions: scored.contributions })
  const proofs = scored.contributions.filter(({ class: kind, points }) => kind === 'proof' && points > 0)
  await breakers(tx, ctx, [...new Set(proofs.map(({ rule }) => rule))])
}

/** The host stopped what our own score does not uphold: it is started again, nobody is struck, operators are told. */
const notUpheld = async (tx: Tx, ctx: Context, judged: Judged) => {
  const { found, score: scored, opened, sightingId } = judged
  const why =
    scored.heldBy === null ? `our own score is ${scored.points} without what a stop needs` : HELD[scored.heldBy]
  await caseEvent(tx, ctx, opened.id, {
    kind: 'not_upheld',
    words: `The host stopped ${plain(found.abuse.name)}, which does not stand: ${why}.`,
    detail: { sightingId, verdict: scored.verdict, bundle: found.abuse.bundle },
  })
  await act(tx, ctx, opened.id, target(found), 'restart', { key: 'undo', why: 'the stop does not stand' })
  await tellOperators(tx, ctx, opened.id, {
    severity: 'warning',
    kind: 'abuse.not_upheld',
    title: 'a stop by its host does not stand',
    body: `${plain(found.abuse.name)} was stopped with rules of version ${found.abuse.bundle}; ${why}. It is started again, without a strike.`,
    key: `not_upheld:${sightingId}`,
  })
}

const throttled = async (tx: Tx, ctx: Context, judged: Judged) => {
  const { found, owner, score: scored, opened, sightingId } = judged
  if (found.abuse.action !== 'throttled') {
    await act(tx, ctx, opened.id, target(found), 'throttle', { key: 'throttle', why: 'it behaves like abuse' })
  }
  if (opened.state !== 'watched') return
  await setState(tx, opened.id, 'throttled')
  await caseEvent(tx, ctx, opened.id, {
    kind: 'throttled',
    words: `${plain(found.abuse.name)} is slowed to a tenth of a core: ${reasons(scored.contributions)}. No proof, no strike.`,
    detail: { sightingId, points: scored.points },
  })
  await tellOwner(tx, ctx, opened.id, owner, {
    severity: 'warning',
    kind: 'abuse.throttled',
    title: `${plain(owner.app)} was slowed down`,
    body: `What we saw: ${reasons(scored.contributions)}. It has a tenth of a core for now. That is no strike: we look again, and when it changes it gets its processor back.`,
    key: `throttled:${opened.id}`,
  })
}
