import type { Sql, Tx } from '#db/client.ts'
import type { AbuseFinding } from '#agents/rules.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { act, type Target } from './act.ts'
import { caseEvent, caseName, plain } from './caseEvent.ts'
import { exempt } from './exempt.ts'
import { digestOf, type Found } from './found.ts'
import { lockOwner, setState } from './openCase.ts'
import { containersOf, type Owner } from './owner.ts'
import { tellOwner } from './tellOwner.ts'

const DAY_MS = 86_400_000
/** Busy for less than this, an executable has shown nothing. */
export const BUSY_S_TO_CLEAR = 600
const BUSY_PERCENT = 5

export type Dispute = {
  id: bigint
  caseId: bigint
  strikeId: bigint
  owner: string
  app: string
  digest: string
  rules: string[]
  busyS: number
  openedAt: Date
  dueAt: Date
}

const columns = (sql: Sql) =>
  sql`d.id, d.case_id, d.strike_id, d.owner, d.app, d.digest, d.rules, d.busy_s, d.opened_at, d.due_at`

/** The dispute that an app is under; there is at most one. */
export const pendingDispute = async (sql: Sql, { owner, app }: Owner): Promise<Dispute | undefined> => {
  const [row] = await sql<Dispute[]>`select ${columns(sql)} from abuse_dispute d
    where d.owner = ${owner} and d.app = ${app} and d.state = 'pending' limit 1`
  return row
}

type Struck = { id: bigint; app: string; accountId: bigint | null; rules: string[] } & Pick<
  AbuseFinding['abuse'],
  'executables' | 'imageId' | 'image' | 'observations'
>

const lastStrike = async (tx: Tx, caseId: bigint, now: Date): Promise<Struck | undefined> => {
  const [row] = await tx<(Struck & { contributions: { rule: string; class: string; points: number }[] })[]>`
    select k.id, k.app, k.account_id, s.executables, s.image_id, s.image, s.observations, s.contributions
    from abuse_strike k join abuse_sighting s on s.id = k.sighting_id
    where k.case_id = ${caseId} and k.erased_at is null and k.expires_at > ${now} order by k.id desc limit 1`
  if (!row) return undefined
  const proofs = row.contributions.filter((one) => one.class === 'proof' && one.points > 0)
  return { ...row, rules: proofs.map(({ rule }) => rule) }
}

/**
 * An owner disputes the last strike of a case. The app runs again, at a tenth of a core and looked at closely, for a day;
 * what its executable does then decides. Once an executable.
 * @throws DomainError NOT_FOUND, CONFLICT (nothing to dispute, under way, or this executable was disputed before)
 */
export const openDispute = async (
  ctx: Context,
  account: { id: bigint; name: string },
  caseId: bigint,
  words: string,
): Promise<{ id: bigint; dueAt: Date }> =>
  ctx.sql.begin(async (tx) => {
    await lockOwner(tx, account.name)
    const [about] = await tx<{ app: string; state: string }[]>`
      select app, state from abuse_case where id = ${caseId} and owner = ${account.name}`
    if (!about) throw new DomainError('NOT_FOUND', `no case ${caseName(caseId)} of ${account.name}`)
    if (about.state === 'deleted') throw new DomainError('CONFLICT', 'the app was deleted; ask for it to be restored')
    const struck = await lastStrike(tx, caseId, ctx.now)
    if (!struck) throw new DomainError('CONFLICT', `${caseName(caseId)} has no strike that stands; nothing to dispute`)
    const owner: Owner = { owner: account.name, accountId: account.id, app: about.app }
    if (await pendingDispute(tx, owner)) throw new DomainError('CONFLICT', `${plain(about.app)} is disputed already`)
    const digest = digestOf({ ...struck, imageId: struck.imageId ?? struck.image })
    const dueAt = new Date(ctx.now.getTime() + DAY_MS)
    const [row] = await tx<{ id: bigint }[]>`
      insert into abuse_dispute (case_id, strike_id, owner, app, digest, rules, words, state, opened_by, opened_at, due_at)
      values (${caseId}, ${struck.id}, ${account.name}, ${about.app}, ${digest}, ${struck.rules}, ${words}, 'pending',
        ${labelOf(ctx.actor)}, ${ctx.now}, ${dueAt})
      on conflict (owner, digest) do nothing returning id`
    if (!row) {
      throw new DomainError(
        'CONFLICT',
        'this executable was disputed before; it is looked at once. An admin can overrule',
      )
    }
    await setState(tx, caseId, 'disputed')
    await caseEvent(tx, ctx, caseId, {
      kind: 'disputed',
      words: `Disputed: ${plain(words, 300).replace(/\.$/, '') || 'no words given'}. It runs at a tenth of a core until ${dueAt.toISOString().slice(0, 16)}Z, looked at closely.`,
      detail: { disputeId: row.id, digest, rules: struck.rules },
    })
    for (const container of await containersOf(tx, ctx.env, owner)) {
      const kind = container.running ? 'throttle' : 'restart'
      if (!container.running && !container.stopped) continue
      await act(tx, ctx, caseId, container, kind, { key: `dispute:${row.id}`, why: 'it shows itself for a day' })
    }
    await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
    await audit(tx, ctx, {
      action: 'abuse.dispute.open',
      subject: { kind: 'abuse_case', id: caseId },
      accountId: account.id,
      after: { disputeId: row.id, strikeId: struck.id, digest, words },
    })
    return { id: row.id, dueAt }
  })

/** Counts how long the disputed executable was busy, by what an agent saw of it. */
export const noteCapture = async (tx: Tx, dispute: Dispute, { abuse }: Found): Promise<void> => {
  const ran = abuse.executables.some(
    ({ sha256, busyPercent }) => sha256 === dispute.digest && busyPercent >= BUSY_PERCENT,
  )
  const sameImage = dispute.digest === `image:${abuse.imageId ?? abuse.image}`
  if ((!ran && !sameImage) || abuse.busyS === undefined) return
  await tx`update abuse_dispute set busy_s = busy_s + ${Math.round(Math.min(abuse.busyS, 86_400))}
    where id = ${dispute.id} and state = 'pending'`
}

const decide = async (
  tx: Tx,
  ctx: Context,
  dispute: Dispute,
  owner: Owner,
  state: 'cleared' | 'stands',
  decision: string,
): Promise<boolean> => {
  const [row] = await tx`update abuse_dispute set state = ${state}, decided_at = ${ctx.now}, decision = ${decision}
    where id = ${dispute.id} and state = 'pending' returning id`
  if (!row) return false
  await caseEvent(tx, ctx, dispute.caseId, {
    kind: `dispute_${state}`,
    words: decision,
    detail: { disputeId: dispute.id },
  })
  await audit(tx, ctx, {
    action: `abuse.dispute.${state}`,
    subject: { kind: 'abuse_case', id: dispute.caseId },
    accountId: owner.accountId,
    after: { disputeId: dispute.id, decision, busyS: dispute.busyS },
  })
  await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
  return true
}

/** The day brought a proof: the strike stands, and the container is stopped again without another. */
export const failDispute = async (
  tx: Tx,
  ctx: Context,
  dispute: Dispute,
  owner: Owner,
  seen: Target & { why: string },
): Promise<void> => {
  const decided = await decide(
    tx,
    ctx,
    dispute,
    owner,
    'stands',
    `The strike stands: while it was looked at, ${seen.why}.`,
  )
  if (!decided) return
  await act(tx, ctx, dispute.caseId, seen, 'stop', { key: `dispute:${dispute.id}`, why: 'the dispute failed' })
  await setState(tx, dispute.caseId, 'stopped')
  await tellOwner(tx, ctx, dispute.caseId, owner, {
    severity: 'critical',
    kind: 'abuse.dispute_stands',
    title: `The strike on ${plain(owner.app)} stands`,
    body: `While it ran under your dispute we saw: ${seen.why}. The container is stopped again; that brings no further strike. The same executable cannot be disputed again.`,
    key: `dispute:${dispute.id}:stands`,
  })
}

/** Ends disputes that are due: cleared where the executable was busy without a proof; else put off by another day. */
export const decideDue = async (ctx: Context): Promise<void> => {
  const due = await ctx.sql<(Dispute & { accountId: bigint | null })[]>`
    select ${columns(ctx.sql)}, k.account_id from abuse_dispute d join abuse_strike k on k.id = d.strike_id
    where d.state = 'pending' and d.due_at <= ${ctx.now} order by d.id`
  for (const { accountId, ...dispute } of due) {
    const owner: Owner = { owner: dispute.owner, accountId, app: dispute.app }
    await ctx.sql.begin(async (tx) => {
      await lockOwner(tx, dispute.owner)
      const again = await pendingDispute(tx, owner)
      if (!again || again.dueAt > ctx.now) return
      if (again.busyS >= BUSY_S_TO_CLEAR) await clear(tx, ctx, again, owner)
      else await putOff(tx, ctx, again)
    })
  }
}

const putOff = async (tx: Tx, ctx: Context, dispute: Dispute) => {
  await tx`update abuse_dispute set due_at = ${new Date(ctx.now.getTime() + DAY_MS)} where id = ${dispute.id}`
  await caseEvent(tx, ctx, dispute.caseId, {
    kind: 'dispute_pending',
    words: `The disputed executable was busy for ${dispute.busyS} s: too little to say anything. It is looked at for another day.`,
    detail: { disputeId: dispute.id },
  })
  await addJob(tx, 'abuse.publish', {}, { key: 'abuse:publish' })
}

const clear = async (tx: Tx, ctx: Context, dispute: Dispute, owner: Owner) => {
  const minutes = Math.round(dispute.busyS / 60)
  const words = `Cleared: the same executable was busy for ${minutes} min without a proof. The strike is erased.`
  if (!(await decide(tx, ctx, dispute, owner, 'cleared', words))) return
  await tx`update abuse_strike set erased_at = ${ctx.now}, erased_by = ${labelOf(ctx.actor)}, erased_reason = ${words}
    where id = ${dispute.strikeId} and erased_at is null`
  await exempt(tx, ctx, { owner: owner.owner, digest: dispute.digest, rules: dispute.rules, reason: words })
  for (const container of await containersOf(tx, ctx.env, owner)) {
    if (container.running) {
      await act(tx, ctx, dispute.caseId, container, 'unthrottle', {
        key: `dispute:${dispute.id}`,
        why: 'it was cleared',
      })
    }
  }
  await tx`update abuse_case set state = 'closed', closed_at = ${ctx.now}, closed_by = ${labelOf(ctx.actor)},
      outcome = 'cleared', reason = ${words}
    where id = ${dispute.caseId} and closed_at is null`
  await tellOwner(tx, ctx, dispute.caseId, owner, {
    severity: 'warning',
    kind: 'abuse.dispute_cleared',
    title: `The strike on ${plain(owner.app)} is erased`,
    body: `Your app ran for a day and gave no proof of abuse. The strike is erased, it has its processor back, and this executable is left alone by those rules for 30 days. We are sorry for the trouble.`,
    key: `dispute:${dispute.id}:cleared`,
  })
}
