import { createHash } from 'node:crypto'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { webhookUrl } from '../../notices/safeFetch.ts'

export type SubscriberKind = 'email' | 'webhook' | 'slack'
export const SUBSCRIBER_KINDS = ['email', 'webhook', 'slack'] as const

/**
 * Whom to tell: the address as people read it, which is one a kind, and what is secret of it. `channel` is Slack's with a bot's
 * token; without it Slack is told by an incoming webhook, whose address is the secret.
 */
export type Address = { address: string; settings: Record<string, string>; secret: Record<string, string> | null }

const email = z.email().max(254)

/** An e-mail address with its domain in small letters. @throws BAD_REQUEST at `address` */
export const mailAddress = (text: string): string => {
  const given = text.trim()
  const at = given.lastIndexOf('@')
  const address = `${given.slice(0, at)}@${given.slice(at + 1).toLowerCase()}`
  if (!email.safeParse(address).success) throw wrong('an e-mail address such as name@example.com')
  return address
}

/** A webhook's URL: its secret is made by whoever keeps it. @throws BAD_REQUEST at `address` */
export const hookAddress = (text: string): string => webhookUrl(text.trim(), 'address').href.slice(0, 2_000)

/** An incoming webhook of Slack, or of what takes the same: its last part is secret. @throws BAD_REQUEST at `address` */
export const slackHook = (text: string): Address => {
  const url = webhookUrl(text.trim(), 'address')
  if (url.protocol !== 'https:' && url.hostname !== '127.0.0.1') throw wrong('a URL that begins with https://')
  const parts = url.pathname.split('/').filter((part) => part !== '')
  if (parts.length === 0) throw wrong('the whole URL of an incoming webhook')
  // The mark tells one from another where all that is shown is the same.
  const mark = createHash('sha256').update(url.href).digest('hex').slice(0, 6)
  return {
    address: `${[url.host, ...parts.slice(0, -1)].join('/')}/… (${mark})`.slice(0, 300),
    settings: { by: 'webhook' },
    secret: { url: url.href },
  }
}

/** A channel of Slack by its id, with a bot's token. @throws BAD_REQUEST at `address` */
export const slackChannel = (channel: string, token: string, baseUrl: string): Address => {
  if (!/^[CGD][A-Z0-9]{1,20}$/u.test(channel)) throw wrong('a channel’s id, such as C0123ABCD')
  return { address: channel, settings: { by: 'token', channel, baseUrl }, secret: { token } }
}

const wrong = (message: string) => new DomainError('BAD_REQUEST', message, { path: 'address' })
