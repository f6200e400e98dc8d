import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { accountNamed } from './quotas.ts'

export type NewLabelRule = {
  /** A label's key, or `@name` or `@image`. */
  labelKey: string
  /** Exact, or with `*` for any run of characters. */
  labelValue: string
  account: string
  /** The app's name; null takes the label's value. */
  app: string | null
  /** Only in this cluster; null for all clusters whose labels are the platform's own. */
  clusterId: bigint | null
  priority: number
}

/**
 * Maps foreign labels to an account. What it newly matches moves there with all its hours; what is attributed stays.
 * @throws DomainError BAD_REQUEST, NOT_FOUND (no such account), CONFLICT (the same label has a rule)
 */
export const addLabelRule = async (ctx: Context, input: NewLabelRule): Promise<{ id: bigint }> =>
  await ctx.sql.begin(async (tx) => {
    if (/^[*\s]*$/.test(input.labelValue)) {
      const message = 'this would match everything; name a value, or a part of one with *'
      throw new DomainError('BAD_REQUEST', message, { path: 'labelValue' })
    }
    const accountId = await accountNamed(tx, input.account)
    const [known] = await tx`select id from label_rule where removed_at is null and label_key = ${input.labelKey}
      and label_value = ${input.labelValue} and cluster_id is not distinct from ${input.clusterId}`
    if (known)
      throw new DomainError('CONFLICT', 'there is a rule for this label and value; remove it first', {
        path: 'labelValue',
      })
    const [made] = await tx<{ id: bigint }[]>`
      insert into label_rule (cluster_id, label_key, label_value, account_id, app, priority, created_by, created_at)
      values (${input.clusterId}, ${input.labelKey}, ${input.labelValue}, ${accountId}, ${input.app}, ${input.priority},
        ${labelOf(ctx.actor)}, ${ctx.now}) returning id`
    const { id } = made!
    await audit(tx, ctx, {
      action: 'usage.label_rule.add',
      subject: { kind: 'label_rule', id },
      accountId,
      after: input,
    })
    await addJob(tx, 'usage.attribute', { ruleId: String(id) }, { key: `attribute:${id}` })
    return { id }
  })

/** Ends a rule for what comes; what it attributed stays with its account. @throws DomainError NOT_FOUND */
export const removeLabelRule = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ accountId: bigint }[]>`update label_rule set removed_at = ${ctx.now}
      where id = ${id} and removed_at is null returning cluster_id, label_key, label_value, account_id, app, priority`
    if (!before) throw new DomainError('NOT_FOUND', `no rule ${id}, or it was removed before`)
    const { accountId } = before
    await audit(tx, ctx, { action: 'usage.label_rule.remove', subject: { kind: 'label_rule', id }, accountId, before })
  })
