import type { SubscriberKind } from './address.ts'
import type { Body, UpdateView } from '../channel.ts'
import { slack } from '../channels/slack.ts'
import { webhook } from '../channels/webhook.ts'
import { componentWords, promiseWords, stateWord } from '../updateWords.ts'

const SLACK = { baseUrl: 'https://slack.com/api', channel: '', threads: true }

/** An update as each kind of subscriber gets it, before their own links. */
export const subscriberTexts = (update: UpdateView): Record<SubscriberKind, Body> => ({
  email: mailBody(update),
  webhook: webhook.render(update, { url: '' }),
  slack: slack.render(update, SLACK),
})

/** Headline, text, components, promise, link: plain text, so that nothing in it is markup anywhere. */
const mailBody = (update: UpdateView): Body => {
  const said = [update.text, componentWords(update).join('\n'), promiseWords(update), update.link]
  const text = [`${stateWord(update)}: ${update.title}`, ...said].filter((part) => part !== '').join('\n\n')
  return { text, subject: `${stateWord(update)}: ${update.title} (${update.incident})` }
}
