import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { addJob, type JobPayload } from '../../jobs.ts'
import { signedHeaders } from '../../notices/deliverWebhook.ts'
import { safeFetch } from '../../notices/safeFetch.ts'
import { openChannelSecret } from '../channelSecret.ts'
import type { SubscriberKind } from './address.ts'
import { subscriberLink } from './links.ts'

type Row = {
  kind: SubscriberKind
  address: string
  sealedSecret: string | null
  askedAt: Date | null
  isTold: boolean
}

/**
 * Job `incidents.ask_subscriber`: asks at the address itself whether it wants to be told, or says that it is told already:
 * only who reads there learns which.
 */
export const askSubscriber = async (
  ctx: Context,
  { subscriberId }: JobPayload<'incidents.ask_subscriber'>,
): Promise<void> => {
  const [row] = await ctx.sql<Row[]>`select kind, address, sealed_secret, asked_at,
      confirmed_at is not null and quarantined_at is null as is_told
    from subscriber where id = ${subscriberId} and unsubscribed_at is null`
  if (!row) return
  const link = subscriberLink(ctx.env, BigInt(subscriberId))
  const key = `subscriber:${subscriberId}:ask:${row.askedAt?.toISOString() ?? ''}`
  const { subject, text } = wordsOf(row, link, ctx.env.publicUrl)
  if (row.kind === 'email') await addJob(ctx.sql, 'notices.mail', { to: row.address, subject, text, key })
  else await post(ctx, row, { key, text, link })
}

const wordsOf = ({ isTold, kind }: Row, link: string, publicUrl: string) =>
  isTold
    ? {
        subject: 'You are subscribed already',
        text: `Somebody, perhaps you, asked for status updates of ${publicUrl}/status/ at this address. It gets them already.\n\nChoose services, or unsubscribe: ${link}`,
      }
    : {
        subject: 'Confirm that you want status updates',
        text: `Somebody, perhaps you, asked for status updates of ${publicUrl}/status/ at this ${kind === 'email' ? 'address' : 'place'}. Confirm it here: ${link}\n\nWithout that, nothing is sent. If it was not you, there is nothing to do.`,
      }

/** @throws DomainError where nobody takes it; the job tries again */
const post = async (
  ctx: Context,
  { kind, address, sealedSecret, isTold }: Row,
  { key, text, link }: { key: string; text: string; link: string },
): Promise<void> => {
  const secret = openChannelSecret(ctx.env.secret, sealedSecret ?? '') as { secret?: string; url?: string }
  const type = isTold ? 'subscription.exists' : 'subscription.confirm'
  const body =
    kind === 'webhook'
      ? // Whoever gets what is posted there gets the secret that shows it is ours.
        JSON.stringify({ type, timestamp: ctx.now.toISOString(), data: { text, link, signingSecret: secret.secret } })
      : JSON.stringify({ text })
  const answer = await safeFetch({
    url: secret.url ?? address,
    headers:
      kind === 'webhook' && secret.secret
        ? signedHeaders([secret.secret], { id: key, body }, ctx.now)
        : { 'content-type': 'application/json; charset=utf-8' },
    body,
    mostBytes: 4_096,
    allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
  })
  if (answer.status >= 300) throw new DomainError('UNAVAILABLE', `${address} answered ${answer.status}`)
}
