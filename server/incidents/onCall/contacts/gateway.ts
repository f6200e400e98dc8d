import { z } from 'zod'
import { signedHeaders } from '../../../notices/deliverWebhook.ts'
import { baseUrl } from '../../channels/formFields.ts'
import type { ContactKind } from './contact.ts'
import { headline, pageText, shortText, type PageView } from './pageWords.ts'
import { request } from './request.ts'

const secret = z.object({
  secret: z
    .string()
    .trim()
    .regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/u, 'whsec_ and at least 24 bytes in base64')
    .optional(),
})
const number = z
  .string()
  .trim()
  .regex(/^\+[1-9]\d{6,14}$/, 'a number such as +31612345678')

const FIELDS = {
  url: { label: 'URL', hint: 'Gets page.opened as JSON by POST' },
  secret: { label: 'Signing secret', hint: 'whsec_…; then it is signed as Standard Webhooks', secret: true },
}

const payload = (view: PageView, key: string, more: object) =>
  JSON.stringify({
    type: 'page.opened',
    timestamp: view.openedAt.toISOString(),
    data: {
      ...more,
      page: view.page,
      message: key,
      title: headline(view),
      text: pageText(view),
      round: view.round,
      incident: view.incident,
      acknowledge: view.ackUrl,
      acknowledgeNow: view.ackNowUrl,
      isDrill: view.isDrill,
    },
  })

/** A webhook of one's own, or a gateway that turns it into a short message or a call to `to`. */
const through = <S extends { url: string }>(
  of: Pick<ContactKind<S>, 'kind' | 'name' | 'settings' | 'fields' | 'addressOf'>,
  extra: (settings: S, view: PageView) => object,
): ContactKind<S, z.infer<typeof secret>> => ({
  ...of,
  secret,
  async send(ctx, { settings, secret: { secret: key } }, { view, key: id }) {
    const body = payload(view, id, extra(settings, view))
    const headers = key ? signedHeaders([key], { id, body }, ctx.now) : { 'content-type': 'application/json' }
    return await request(ctx, { url: settings.url, headers, body, id })
  },
})

const own = z.object({ url: baseUrl() })
const byNumber = z.object({ to: number, url: baseUrl() })
const NUMBER = { label: 'Number', hint: 'With its country: +31612345678' }
const GATEWAY = { ...FIELDS.url, label: 'Gateway', hint: 'Gets {to, text} in page.opened by POST' }

export const webhook = through<z.infer<typeof own>>(
  { kind: 'webhook', name: 'Webhook', settings: own, fields: FIELDS, addressOf: ({ url }) => url },
  () => ({}),
)

/** A short message has 160 characters of GSM's alphabet. 3GPP TS 23.038. */
const SMS_CHARS = 160

export const sms = through<z.infer<typeof byNumber>>(
  {
    kind: 'sms',
    name: 'SMS by a gateway',
    settings: byNumber,
    fields: { to: NUMBER, ...FIELDS, url: GATEWAY },
    addressOf: ({ to }) => to,
  },
  ({ to }, view) => ({ to, channel: 'sms', short: shortText(view, SMS_CHARS) }),
)

export const voice = through<z.infer<typeof byNumber>>(
  {
    kind: 'voice',
    name: 'Call by a gateway',
    settings: byNumber,
    fields: { to: NUMBER, ...FIELDS, url: GATEWAY },
    addressOf: ({ to }) => to,
  },
  ({ to }, view) => ({ to, channel: 'voice', speak: `${headline(view)}. Acknowledge by the link in your message.` }),
)
