import type { Context } from '../context.ts'
import { holdsOn, placeHold } from '../accounts/hold.ts'
import { DomainError } from '../errors.ts'
import type { JobPayload } from '../jobs.ts'
import { caseEvent, caseName, plain } from './caseEvent.ts'
import { holdLabel } from './holdLabel.ts'
import { NOBODY } from './owner.ts'
import { lockOwner } from './openCase.ts'
import { tellOperators } from './tellOwner.ts'

const WHY: Record<JobPayload<'abuse.suspend'>['why'], string> = {
  deletions: 'two of its apps were deleted for abuse',
  strikes: 'five strikes over three apps within 30 days',
  admin: 'an admin decided so',
}

/**
 * Job `abuse.suspend`: places the abuse hold on the account, whose containers then stop. A label that no account has is held
 * instead: nothing may run under it. Containers without a label have nobody in common, and are not held. Repeating it
 * changes nothing.
 */
export const suspend = async (ctx: Context, { caseId: text, why }: JobPayload<'abuse.suspend'>): Promise<void> => {
  const caseId = BigInt(text)
  const [about] = await ctx.sql<{ owner: string; accountId: bigint | null; app: string; name: string | null }[]>`
    select c.owner, c.account_id, c.app, a.name from abuse_case c left join account a on a.id = c.account_id
    where c.id = ${caseId}`
  if (!about || about.owner === NOBODY) return
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
    if (about.accountId === null && !(await holdLabel(tx, ctx, about.owner, caseId, WHY[why]))) return
    await caseEvent(tx, ctx, caseId, {
      kind: 'suspended',
      words: `${about.accountId === null ? 'No account has this label: nothing may run under it' : 'The account is suspended'}: ${WHY[why]}.`,
    })
    await tellOperators(tx, ctx, caseId, {
      severity: 'warning',
      kind: 'abuse.suspended',
      title: `${plain(about.owner)} is suspended`,
      body:
        about.accountId === null
          ? `${WHY[why]}. No account has this label, so nobody else was told: what runs under it is stopped until an admin lifts that in the settings of abuse.`
          : `${WHY[why]}. Look at the case; lifting the hold gives everything back.`,
      key: `suspended:${caseId}:${why}`,
    })
  })
}
