import type { ChannelAdapter } from '../channel.ts'
import { bluesky } from './bluesky.ts'
import { discord } from './discord.ts'
import { irc } from './irc.ts'
import { mastodon } from './mastodon.ts'
import { pagerduty } from './pagerduty.ts'
import { slack } from './slack.ts'
import { teams } from './teams.ts'
import { telegram } from './telegram.ts'
import { webhook } from './webhook.ts'
import { x } from './x.ts'

/** Every kind of channel, in the order settings offer them. */
export const CHANNEL_KINDS: readonly ChannelAdapter[] = [
  x,
  mastodon,
  bluesky,
  slack,
  discord,
  telegram,
  teams,
  irc,
  webhook,
  pagerduty,
]

/** A kind by its name; undefined for what this version does not know. */
export const adapterOf = (kind: string): ChannelAdapter | undefined => CHANNEL_KINDS.find((one) => one.kind === kind)
