import type { Context } from '../context.ts'
import { addJob, type JobPayload } from '../jobs.ts'
import { bodyText, noticeMail, subjectLine, type Mail } from './mail.ts'
import type { Sql } from '#db/client.ts'
import { insertMail, recipientsOf } from './sql.ts'

/** Job `notices.tell`: a mail in the outbox for each person whom a notice concerns. */
export const tell = async (ctx: Context, { noticeId }: JobPayload<'notices.tell'>): Promise<void> => {
  const [notice] = await ctx.sql<
    {
      id: bigint
      audience: 'account' | 'operators'
      accountId: bigint | null
      severity: string
      title: string
      body: string
      href: string | null
      account: string | null
    }[]
  >`select n.id, n.audience, n.account_id, n.severity, n.title, n.body, n.href, a.name as account
    from notice n left join account a on a.id = n.account_id where n.id = ${noticeId}`
  if (!notice) return
  await ctx.sql.begin(async (tx) => {
    for (const recipient of await recipientsOf(tx, notice)) {
      await post(tx, ctx, noticeMail(notice, recipient, ctx.env.publicUrl))
    }
  })
}

/** Job `notices.mail`: one mail that another domain worded. */
export const postMail = async (ctx: Context, wanted: JobPayload<'notices.mail'>): Promise<void> => {
  const mail: Mail = {
    recipient: wanted.to,
    subject: subjectLine(wanted.subject),
    body: bodyText(wanted.text.split('\n\n'), ctx.env.publicUrl),
    key: wanted.key,
  }
  await ctx.sql.begin((tx) => post(tx, ctx, mail))
}

const post = async (tx: Sql, ctx: Context, mail: Mail) => {
  const id = await insertMail(tx, mail, ctx.now)
  if (id !== undefined)
    await addJob(tx, 'notices.send_mail', { mailId: id.toString() }, { key: `mail:${id}`, maxAttempts: 12 })
}
