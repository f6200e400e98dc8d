import type { Context } from '../context.ts'
import { holdsOn, placeHold } from '../accounts/hold.ts'
import { DomainError } from '../errors.ts'
import type { JobPayload } from '../jobs.ts'
import { act } from './act.ts'
import { caseEvent, caseName, plain } from './caseEvent.ts'
import { containersOf } from './owner.ts'
import { lockOwner } from './openCase.ts'
import { tellOperators } from './tellOwner.ts'

const WHY: Record<JobPayload<'abuse.suspend'>['why'], string> = {
  deletions: 'two of its apps were deleted for abuse',
  strikes: 'five strikes over three apps within 30 days',
  admin: 'an admin decided so',
}

/**
 * Job `abuse.suspend`: places the abuse hold on the account, whose containers then stop. A label that no account has cannot be
 * held: its app's containers are stopped, and operators told. Repeating it changes nothing.
 */
export const suspend = async (ctx: Context, { caseId: text, why }: JobPayload<'abuse.suspend'>): Promise<void> => {
  const caseId = BigInt(text)
  const [about] = await ctx.sql<{ owner: string; accountId: bigint | null; app: string; name: string | null }[]>`
    select c.owner, c.account_id, c.app, a.name from abuse_case c left join account a on a.id = c.account_id
    where c.id = ${caseId}`
  if (!about) return
  const reason = `${caseName(caseId)}: ${WHY[why]}`
  if (about.accountId !== null && about.name !== null) {
    const held = await holdsOn(ctx.sql, about.accountId)
    if (held.some(({ kind }) => kind === 'abuse')) return
    try {
      await placeHold(ctx, { id: about.accountId, name: about.name }, { kind: 'abuse', reason })
    } catch (error) {
      if (error instanceof DomainError && error.code === 'CONFLICT') return
      throw error
    }
  }
  await ctx.sql.begin(async (tx) => {
    await lockOwner(tx, about.owner)
    await caseEvent(tx, ctx, caseId, {
      kind: 'suspended',
      words: `${about.accountId === null ? 'All it runs is stopped' : 'The account is suspended'}: ${WHY[why]}.`,
    })
    if (about.accountId === null) {
      const apps = await tx<{ app: string }[]>`select distinct app from abuse_case where owner = ${about.owner}`
      for (const { app } of apps) {
        const running = (await containersOf(tx, ctx.env, { ...about, app })).filter((one) => one.running)
        for (const one of running) await act(tx, ctx, caseId, one, 'stop', { key: `suspend:${caseId}`, why: WHY[why] })
      }
    }
    await tellOperators(tx, ctx, caseId, {
      severity: 'warning',
      kind: 'abuse.suspended',
      title: `${plain(about.owner)} is suspended`,
      body: `${WHY[why]}. Look at the case; lifting the hold gives everything back.`,
      key: `suspended:${caseId}:${why}`,
    })
  })
}
