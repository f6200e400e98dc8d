import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { hourOf } from '../time.ts'
import { act } from './act.ts'
import { caseEvent, caseName, plain } from './caseEvent.ts'
import { deleteApp } from './deleteApp.ts'
import { exempt } from './exempt.ts'
import { digestOf } from './found.ts'
import { lockOwner, setState, type CaseState } from './openCase.ts'
import { containersOf, NOBODY, type Owner } from './owner.ts'
import { tellOwner } from './tellOwner.ts'

export const DECISIONS = ['clear', 'throttle', 'stop', 'delete', 'suspend', 'close', 'hijacked'] as const
export type Decision = (typeof DECISIONS)[number]

type Case = { id: bigint; owner: string; accountId: bigint | null; app: string; state: CaseState }

const WORDS: Record<Decision, string> = {
  clear: 'cleared it as a false positive',
  throttle: 'slowed it to a tenth of a core',
  stop: 'stopped it',
  delete: 'deleted the app',
  suspend: 'suspended the account',
  close: 'closed the case; strikes stay',
  hijacked: 'called the account hijacked: its use is proposed as credit',
}

/**
 * An admin decides a case, whatever the machine would do, with a reason that the owner reads.
 * @throws DomainError NOT_FOUND, CONFLICT (the case is closed, or its app deleted)
 */
export const overrule = async (ctx: Context, caseId: bigint, decision: Decision, reason: string): Promise<void> => {
  const [about] = await ctx.sql<{ owner: string }[]>`select owner from abuse_case where id = ${caseId}`
  if (!about) throw new DomainError('NOT_FOUND', `no case ${caseName(caseId)}`)
  await ctx.sql.begin(async (tx) => {
    await lockOwner(tx, about.owner)
    const [found] = await tx<Case[]>`
      select id, owner, account_id, app, state from abuse_case where id = ${caseId} for update`
    if (!found || found.state === 'closed') throw new DomainError('CONFLICT', `${caseName(caseId)} is closed`)
    if (found.state === 'deleted' && (decision === 'stop' || decision === 'throttle' || decision === 'delete')) {
      throw new DomainError('CONFLICT', 'its app is deleted; restore it, or close the case')
    }
    await caseEvent(tx, ctx, caseId, {
      kind: 'overruled',
      words: `${plain(labelOf(ctx.actor))} ${WORDS[decision]}: ${plain(reason, 500)}`,
      detail: { decision },
    })
    await audit(tx, ctx, {
      action: `abuse.case.${decision}`,
      subject: { kind: 'abuse_case', id: caseId },
      accountId: found.accountId,
      before: { state: found.state },
      after: { decision, reason },
    })
    await carryOut(tx, ctx, found, decision, reason)
  })
}

const carryOut = async (tx: Tx, ctx: Context, found: Case, decision: Decision, reason: string) => {
  const owner: Owner = found
  switch (decision) {
    case 'clear':
      return await clear(tx, ctx, found, reason)
    case 'close':
      return await close(tx, ctx, found, 'confirmed', reason)
    case 'throttle':
    case 'stop':
      await onRunning(tx, ctx, found, decision)
      await setState(tx, found.id, decision === 'stop' ? 'stopped' : 'throttled')
      break
    case 'delete':
      await deleteApp(tx, ctx, found.id, owner, 'an admin decided so')
      break
    case 'suspend':
      if (found.owner === NOBODY)
        throw new DomainError('CONFLICT', 'containers without a label have nobody in common; stop or delete this one')
      await addJob(tx, 'abuse.suspend', { caseId: String(found.id), why: 'admin' })
      return
    case 'hijacked':
      return await credit(tx, found)
  }
  await tellOwner(tx, ctx, found.id, owner, {
    severity: 'critical',
    kind: `abuse.${decision}`,
    title: `${plain(found.app)}: ${decision === 'delete' ? 'deleted' : decision === 'stop' ? 'stopped' : 'slowed down'} by an admin`,
    body: `The reason given: ${plain(reason, 500)}${decision === 'delete' ? ' Its volumes and configuration are kept for 7 days.' : ''}`,
    key: `overruled:${found.id}:${decision}:${ctx.now.toISOString()}`,
  })
}

const onRunning = async (tx: Tx, ctx: Context, found: Case, kind: 'stop' | 'throttle') => {
  for (const container of await containersOf(tx, ctx.env, found)) {
    if (!container.running) continue
    await act(tx, ctx, found.id, container, kind, { key: `overrule:${ctx.now.getTime()}`, why: 'an admin decided so' })
  }
}

const close = async (tx: Tx, ctx: Context, found: Case, outcome: 'cleared' | 'confirmed', reason: string) => {
  await tx`update abuse_case set state = 'closed', closed_at = ${ctx.now}, closed_by = ${labelOf(ctx.actor)},
    outcome = ${outcome}, reason = ${reason} where id = ${found.id}`
}

/** A false positive: strikes are erased, the executables left alone for a month, what was stopped runs again. */
const clear = async (tx: Tx, ctx: Context, found: Case, reason: string) => {
  await tx`update abuse_strike set erased_at = ${ctx.now}, erased_by = ${labelOf(ctx.actor)}, erased_reason = ${reason}
    where case_id = ${found.id} and erased_at is null`
  await tx`update abuse_dispute set state = 'cleared', decided_at = ${ctx.now}, decision = ${reason}
    where case_id = ${found.id} and state = 'pending'`
  const seen = await tx<
    (Parameters<typeof digestOf>[0] & { contributions: { rule: string; class: string; points: number }[] })[]
  >`
    select distinct on (epoch) executables, image_id, image, observations, contributions from abuse_sighting
    where case_id = ${found.id} and verdict = 'stop' order by epoch, id desc limit 50`
  for (const one of seen) {
    const rules = one.contributions.filter((c) => c.class === 'proof' && c.points > 0).map((c) => c.rule)
    await exempt(tx, ctx, { owner: found.owner, digest: digestOf(one), rules, reason })
  }
  for (const container of await containersOf(tx, ctx.env, found)) {
    const kind = container.running ? 'unthrottle' : 'restart'
    if (found.state !== 'deleted' && (container.running || container.stopped)) {
      await act(tx, ctx, found.id, container, kind, { key: `clear:${found.id}`, why: 'it was cleared' })
    }
  }
  await close(tx, ctx, found, 'cleared', reason)
  await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  await tellOwner(tx, ctx, found.id, found, {
    severity: 'warning',
    kind: 'abuse.cleared',
    title: `${plain(found.app)}: cleared`,
    body: `An admin looked and cleared it: ${plain(reason, 500)} Its strikes are erased and it runs as before. We are sorry for the trouble.`,
    key: `cleared:${found.id}`,
  })
}

/** What the stopped containers used becomes a proposed credit, which billing works out with its evidence. */
const credit = async (tx: Tx, found: Case) => {
  if (found.accountId === null)
    throw new DomainError('CONFLICT', 'no account stands behind this label; nothing was billed')
  const lives = await tx<{ hostId: number; epoch: bigint; from: Date; until: Date }[]>`
    select s.host_id, s.epoch, min(s.started_at) as from, max(coalesce(s.acted_at, s.seen_at)) as until
    from abuse_sighting s where s.case_id = ${found.id} and s.verdict = 'stop' group by 1, 2 order by 1, 2`
  if (lives.length === 0) throw new DomainError('CONFLICT', 'nothing of this case was stopped with a proof')
  for (const [hostId, ofHost] of Map.groupBy(lives, (life) => life.hostId)) {
    await addJob(tx, 'billing.credit_abuse', {
      accountId: String(found.accountId),
      caseId: caseName(found.id),
      hostId,
      epochs: ofHost.map(({ epoch }) => String(epoch)),
      fromHour: hourOf(new Date(Math.min(...ofHost.map(({ from }) => from.getTime())))),
      untilHour: hourOf(new Date(Math.max(...ofHost.map(({ until }) => until.getTime())))) + 1,
    })
  }
}

/** Says who looks after a case. */
export const assign = async (ctx: Context, caseId: bigint, to: string | null): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const [row] =
      await tx`update abuse_case set assigned_to = ${to} where id = ${caseId} and closed_at is null returning id`
    if (!row) throw new DomainError('CONFLICT', `${caseName(caseId)} is closed, or there is no such case`)
    await caseEvent(tx, ctx, caseId, {
      kind: 'assigned',
      words: to === null ? 'Assigned to nobody.' : `Assigned to ${to}.`,
    })
    await audit(tx, ctx, { action: 'abuse.case.assign', subject: { kind: 'abuse_case', id: caseId }, after: { to } })
  })
}
