import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { notify } from '../notices/notify.ts'
import { caseEvent, caseName, opsHref, ownerHref, plain } from './caseEvent.ts'
import type { Owner } from './owner.ts'

export type Telling = {
  severity: 'warning' | 'critical' | 'info'
  kind: string
  title: string
  /** What was seen, what was done, what comes next, in this order. */
  body: string
  /** The fact, so that it is told once. */
  key: string
}

/** Tells the owner, in the product and by mail; operators instead where no account stands behind the label. */
export const tellOwner = async (
  tx: Tx,
  ctx: Context,
  caseId: bigint,
  { owner, accountId }: Owner,
  telling: Telling,
): Promise<void> => {
  const { key, ...notice } = telling
  const told =
    accountId === null
      ? await notify(tx, ctx, { ...notice, audience: 'operators', href: opsHref(caseId), key: `abuse:${key}` })
      : await notify(tx, ctx, {
          ...notice,
          audience: 'account',
          accountId,
          href: ownerHref(owner, caseId),
          key: `abuse:${key}`,
        })
  if (told === undefined) return
  const who = accountId === null ? 'operators, as no account has this label' : `the members of ${plain(owner)}`
  await caseEvent(tx, ctx, caseId, {
    kind: 'told',
    words: `Told ${who}: ${notice.title}`,
    detail: { noticeId: told, title: notice.title, body: notice.body },
  })
}

/** Tells operators what they have to look at. */
export const tellOperators = async (tx: Tx, ctx: Context, caseId: bigint, telling: Telling): Promise<void> => {
  await notify(tx, ctx, {
    ...telling,
    title: `${caseName(caseId)}: ${telling.title}`,
    audience: 'operators',
    href: opsHref(caseId),
    key: `abuse:operators:${telling.key}`,
  })
}
