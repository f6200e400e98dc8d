import type { ChannelAdapter } from '../../channel.ts'
import { pagerduty } from '../../channels/pagerduty.ts'
import { slack } from '../../channels/slack.ts'
import { telegram } from '../../channels/telegram.ts'
import type { ContactKind } from './contact.ts'
import { asUpdate, pageText, shortText } from './pageWords.ts'

/** A channel that updates go to, used for one person: the same account, another destination. */
const through = <S, K>(
  adapter: ChannelAdapter<S, K>,
  of: { name: string; most: number; addressOf: (settings: S) => string; fields?: ContactKind['fields'] },
): ContactKind<S, K> => ({
  kind: adapter.kind,
  name: of.name,
  settings: adapter.settings,
  secret: adapter.secret,
  fields: { ...adapter.fields, ...of.fields },
  addressOf: of.addressOf,
  async send(ctx, account, { view, key, signal }) {
    const text = pageText(view)
    const words = text.length <= of.most ? text : shortText(view, of.most)
    return await adapter.send(account, {
      action: 'post',
      body: adapter.render(asUpdate(view), account.settings, words),
      key,
      previous: null,
      signal,
      now: ctx.now,
      allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
    })
  },
})

export const slackMessage = through(slack, {
  name: 'Slack message',
  most: 2_500,
  addressOf: ({ channel }) => channel,
  fields: { channel: { label: 'Member', hint: 'Their id, such as U0123ABCD' } },
})

export const telegramMessage = through(telegram, {
  name: 'Telegram message',
  most: 4_000,
  addressOf: ({ chat }) => chat,
  fields: { chat: { label: 'Chat', hint: 'Your own id; send the bot a message first' } },
})

export const pagerdutyEvent = through(pagerduty, {
  name: 'PagerDuty',
  most: 1_024,
  addressOf: ({ baseUrl }) => new URL(baseUrl).host,
})
