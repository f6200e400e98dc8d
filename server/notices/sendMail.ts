import { createTransport, type Transporter } from 'nodemailer'
import type { Context } from '../context.ts'
import type { JobPayload } from '../jobs.ts'
import { log } from '../log.ts'
import { messageId } from './mail.ts'

const TIMEOUT_MS = 15_000
/** Keys of mails whose link lets somebody in; without a mail server the log is where an operator finds it. */
const LETS_IN = /^(reset|user|verify|invitation):/

const transports = new Map<string, Transporter>()

/** One pooled transport an SMTP_URL; an idle connection is closed by either side without harm. */
const transportOf = (url: string): Transporter => {
  const known = transports.get(url)
  if (known) return known
  const made = createTransport({
    url,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
  })
  transports.set(url, made)
  return made
}

/**
 * Job `notices.send_mail`: hands one mail of the outbox to SMTP_URL. What fails is tried again by the job (twelve times
 * over about two days); each time with the same Message-ID. Without SMTP_URL the mail stays for operators to read, and the log
 * has the link of one that lets somebody in.
 */
export const sendMail = async (ctx: Context, { mailId }: JobPayload<'notices.send_mail'>): Promise<void> => {
  const [mail] = await ctx.sql<{ recipient: string; subject: string; body: string; key: string }[]>`
    select recipient, subject, body, key from mail where id = ${mailId} and sent_at is null`
  if (!mail) return
  const { SMTP_URL: url, WHARF_MAIL_FROM: from, publicUrl } = ctx.env
  if (url === undefined) {
    const link = LETS_IN.test(mail.key) ? /https?:\/\/\S+/.exec(mail.body)?.[0] : undefined
    const outbox = `${publicUrl}/ops/outbox?mail=${mailId}`
    log.info({ mailId, outbox, ...(link && { link }) }, 'no SMTP_URL: the mail waits in the outbox')
    return
  }
  try {
    await transportOf(url).sendMail({
      from,
      to: mail.recipient,
      subject: mail.subject,
      text: mail.body,
      messageId: messageId(mail.key, publicUrl),
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : 'unknown'
    await ctx.sql`update mail set attempts = attempts + 1, last_error = ${reason} where id = ${mailId}`
    throw error
  }
  await ctx.sql`update mail set attempts = attempts + 1, last_error = null, sent_at = now() where id = ${mailId}`
}

/** Closes the connections to mail servers; for the end of a process. */
export const closeTransports = (): void => {
  for (const transport of transports.values()) transport.close()
  transports.clear()
}
