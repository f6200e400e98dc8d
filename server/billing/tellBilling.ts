import type { Tx } from '#db/client.ts'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'
import { notify, type NewNotice } from '../notices/notify.ts'

type News = Omit<Extract<NewNotice, { audience: 'account' }>, 'audience'> & { account: string }

/**
 * A notice about money: in the app, and by mail to owners and admins, members who do the billing, and the billing
 * contacts, each once. Gives whether it was told before.
 */
export const tellBilling = async (tx: Tx, ctx: Context, { account, ...news }: News): Promise<boolean> => {
  const noticeId = await notify(tx, ctx, { audience: 'account', ...news })
  if (noticeId === undefined) return true
  // Owners and admins are mailed with the notice, unless it is mere information.
  const mailed = news.severity === 'info' ? [] : ['owner', 'admin']
  const rows = await tx<{ email: string }[]>`
    with member as (select lower(u.email) as email, m.role from account_member m join auth_user u on u.id = m.user_id
      where m.account_id = ${news.accountId})
    select email from member where role in ('owner', 'admin', 'billing') and not role = any(${mailed}::text[])
    union select lower(c) from billing_profile p, unnest(p.contacts) as c where p.account_id = ${news.accountId}
      and not exists (select from member where email = lower(c) and role = any(${mailed}::text[]))
    order by email`
  const link = news.href === undefined ? '' : `\n\nWhat can be done: ${ctx.env.publicUrl}${news.href}`
  for (const { email } of rows) {
    const key = `${news.key}:${email}`
    const subject = `${news.severity === 'critical' ? 'Critical: ' : ''}${account}: ${news.title}`
    await addJob(tx, 'notices.mail', { to: email, subject, text: `${news.body}${link}`, key }, { key })
  }
  return false
}
