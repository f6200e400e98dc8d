import type { Pool } from '#db/client.ts'
import { sealChannelSecret } from '#server/incidents/channelSecret.ts'
import type { Post, Fault, Stops } from './api.ts'
import { startBluesky } from './blueskyApi.ts'
import { startDiscord } from './discordApi.ts'
import { startPagerduty, startTeams } from './eventsApi.ts'
import { startMastodon } from './mastodonApi.ts'
import { startSlack } from './slackApi.ts'
import { startTelegram } from './telegramApi.ts'
import { startX } from './xApi.ts'

/** A channel of one kind against its stand-in: what to keep in its row, and what arrived. */
export type Kit = {
  kind: string
  settings: Record<string, unknown>
  secret: Record<string, unknown>
  posts: Post[]
  faults: Fault[]
  stops: Stops
  close(): Promise<void>
}

const X_KEYS = { apiKey: 'k', apiSecret: 's', accessToken: 'at', accessTokenSecret: 'ts' }

/** Starts the stand-in of each chat and social channel. */
export const startKits = async (): Promise<Kit[]> => {
  const [slack, discord, telegram, mastodon, x, bluesky, teams, pagerduty] = await Promise.all([
    startSlack(),
    startDiscord(),
    startTelegram(),
    startMastodon(),
    startX(),
    startBluesky(),
    startTeams(),
    startPagerduty(),
  ])
  const of = (
    kind: string,
    api: Pick<Kit, 'posts' | 'faults' | 'stops' | 'close'>,
    settings: object,
    secret: object,
  ): Kit => ({
    kind,
    ...api,
    settings: { ...settings },
    secret: { ...secret },
  })
  return [
    of('slack', slack, { baseUrl: slack.url, channel: 'C1', threads: true }, { token: 'xoxb-1' }),
    of('discord', discord, {}, { url: discord.hook }),
    of('telegram', telegram, { baseUrl: telegram.url, chat: '@status' }, { token: '1:a' }),
    of('mastodon', mastodon, { baseUrl: mastodon.url, visibility: 'public', limit: 500 }, { token: 'm1' }),
    of('x', x, { baseUrl: x.url, handle: '@status', link: true }, X_KEYS),
    of('bluesky', bluesky, { baseUrl: bluesky.url, handle: 'status.example' }, { appPassword: 'p' }),
    of('teams', teams, {}, { url: `${teams.url}/flow` }),
    of('pagerduty', pagerduty, { baseUrl: pagerduty.url }, { routingKey: 'r1' }),
  ]
}

/** Keeps a kit's channel as settings would. */
export const keepChannel = async (sql: Pool, envSecret: string, kit: Kit, isPublic = true): Promise<bigint> => {
  const [row] = await sql<
    { id: bigint }[]
  >`insert into channel (kind, name, is_public, settings, sealed_secret, created_by)
    values (${kit.kind}, ${`the ${kit.kind}`}, ${isPublic}, ${JSON.stringify(kit.settings)}::text::jsonb,
      ${sealChannelSecret(envSecret, kit.secret)}, 'test') returning id`
  return row!.id
}
