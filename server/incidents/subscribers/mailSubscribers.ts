import { createTransport, type Transporter } from 'nodemailer'
import type { Env } from '../../env.ts'
import { messageId, subjectLine } from '../../notices/mail.ts'
import type { Outcome } from '../channel.ts'
import { subscriberLink } from './links.ts'
import type { TakenForOne } from './takeForSubscribers.ts'

const TIMEOUT_MS = 20_000
const CONNECTIONS = 6

type Pool = Transporter<{ messageId?: string; response?: string }>
const pools = new Map<string, Pool>()

/** The kept connections to one mail server. They are closed where nothing goes over them for a while. */
const poolTo = (url: string): Pool => {
  const known = pools.get(url)
  if (known) return known
  const made: Pool = createTransport({
    url,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: 1_000,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
  } as Parameters<typeof createTransport>[0]) as Pool
  pools.set(url, made)
  return made
}

/** Closes the connections; for the end of a run. */
export const closePool = (url: string): void => {
  pools.get(url)?.close()
  pools.delete(url)
}

/** How a mail ended. `isServer`: the fault is the mail server's or ours, not this address's; others would fail alike. */
export type Mailed = { outcome: Outcome; isGone: boolean; isServer: boolean }

/** Hands one mail over, the same bytes in every try. It is delivered when the server has taken it. */
export const mailOne = async (env: Env & { SMTP_URL: string }, taken: TakenForOne): Promise<Mailed> => {
  const { footer, headers, thread } = wrapping(env, taken)
  try {
    const info = await poolTo(env.SMTP_URL).sendMail({
      from: env.WHARF_MAIL_FROM,
      to: taken.address,
      subject: subjectLine(String(taken.body['subject'])),
      text: `${taken.body.text}${footer}\n`,
      date: taken.createdAt,
      messageId: messageId(taken.key, env.publicUrl),
      // Mails of one incident are one conversation.
      references: messageId(`incident:${taken.incidentId}:${thread}`, env.publicUrl),
      headers: { 'Auto-Submitted': 'auto-generated', ...headers },
    })
    const receipt = { id: info.messageId ?? taken.key, response: (info.response ?? '').slice(0, 200) }
    return { outcome: { kind: 'delivered', receipt }, isGone: false, isServer: false }
  } catch (error) {
    return judge(error)
  }
}

/** What tells a subscriber how to leave. A customer's mail is about their own apps: there is nothing to leave. */
const wrapping = (env: Env, { subscriberId, address }: TakenForOne) => {
  if (subscriberId === null) return { footer: '', headers: {}, thread: `customer:${address}` }
  const link = subscriberLink(env, subscriberId)
  return {
    footer: `\n\n--\nYou get this because you subscribed at ${env.publicUrl}/status/\nChoose services, or unsubscribe: ${link}`,
    headers: {
      'List-Id': `Status updates <status.${new URL(env.publicUrl).hostname}>`,
      'List-Unsubscribe': `<${link}>`,
      // RFC 8058.
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    },
    thread: `subscriber:${subscriberId}`,
  }
}

const SERVER_WAIT_MS = 30_000

/** What to make of a mail that was not taken. Only a 5xx to the recipient itself says that the address is no good. */
const judge = (error: unknown): Mailed => {
  const {
    responseCode: code = 0,
    command = '',
    response,
    message = 'unknown',
  } = error as {
    responseCode?: number
    command?: string
    response?: string
    message?: string
  }
  const reason = (response ?? message).slice(0, 300)
  const isAboutAddress = command === 'RCPT TO'
  // Nothing was asked: the address itself cannot be one.
  if (command === 'API') return { outcome: { kind: 'permanent', reason }, isGone: true, isServer: false }
  // RFC 3463, X.7.X: policy and security, which is about us.
  const isPolicy = /^5\d\d[ -]5\.7\./u.test(response ?? '')
  if (code >= 500 && isAboutAddress)
    return { outcome: { kind: 'permanent', reason }, isGone: !isPolicy, isServer: false }
  if (code >= 500 && command === 'DATA')
    return { outcome: { kind: 'permanent', reason }, isGone: false, isServer: false }
  if (code >= 400 && (isAboutAddress || command === 'DATA'))
    return { outcome: { kind: 'retryable', reason }, isGone: false, isServer: false }
  return { outcome: { kind: 'retryable', reason, waitMs: SERVER_WAIT_MS }, isGone: false, isServer: true }
}
