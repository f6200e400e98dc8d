import { pagerdutyEvent, slackMessage, telegramMessage } from './byChannel.ts'
import type { ContactKind } from './contact.ts'
import { email } from './email.ts'
import { sms, voice, webhook } from './gateway.ts'
import { ntfy } from './ntfy.ts'

/** Every way to reach a person, in the order settings offer them. */
export const CONTACT_KINDS: readonly ContactKind[] = [
  email,
  ntfy,
  slackMessage,
  telegramMessage,
  webhook,
  sms,
  voice,
  pagerdutyEvent,
] as readonly ContactKind[]

/** A kind by its name; undefined for what this version does not know. */
export const contactKind = (kind: string): ContactKind | undefined => CONTACT_KINDS.find((one) => one.kind === kind)
