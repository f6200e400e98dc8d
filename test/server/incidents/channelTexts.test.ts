import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { UpdateView } from '#server/incidents/channel.ts'
import { CHANNEL_KINDS, adapterOf } from '#server/incidents/channels/kinds.ts'
import { oauth1 } from '#server/incidents/channels/oauth1.ts'
import { sameWords } from '#server/incidents/channels/sameWords.ts'
import { tid } from '#server/incidents/channels/tid.ts'
import { graphemes } from '#server/incidents/graphemes.ts'
import { ircLines, ircRoom } from '#server/incidents/ircLines.ts'
import { waitBefore } from '#server/incidents/retryDelivery.ts'
import { xWeight } from '#server/incidents/xWeight.ts'

const update: UpdateView = {
  incident: 'INC-7',
  title: 'Image pulls fail',
  state: 'identified',
  impact: 'major',
  number: 2,
  kind: 'update',
  text: 'Pulls in ams1 take over 60 s. We stopped the update.',
  components: [{ name: 'Image registry', region: 'ams1', status: 'partial_outage' }],
  at: new Date('2026-11-21T03:13:00Z'),
  nextUpdateAt: new Date('2026-11-21T03:45:00Z'),
  link: 'https://status.example/status/i/INC-7',
  isDrill: false,
}
const settings: Record<string, unknown> = {
  mastodon: { baseUrl: 'https://m.example', visibility: 'public', limit: 500 },
  x: { baseUrl: 'https://api.x.com', handle: '@s', link: true },
  irc: { server: 'irc.example', port: 6697, tls: true, nick: 'wharf', channel: '#status' },
}
const textOn = (kind: string, of: Partial<UpdateView> = {}) =>
  adapterOf(kind)!.render({ ...update, ...of }, settings[kind] ?? {}).text

test('X counts Latin as 1, emoji and Chinese as 2, and any link as 23', () => {
  expect(xWeight('Pulls fail')).toBe(10)
  expect(xWeight('Ünïcödé ё')).toBe(9)
  expect(xWeight('容器')).toBe(4)
  expect(xWeight('👩‍👩‍👧‍👦🇳🇱👍🏽')).toBe(6)
  expect(xWeight('see https://status.example/i/2041?a=b')).toBe(27)
  expect(xWeight('x.io')).toBe(23)
  expect(xWeight('http://127.0.0.1/')).toBe(17)
})

test('IRC lines are never longer than 512 bytes with their prefix, and lose no word', () => {
  const room = ircRoom({ nick: 'wharf', channel: '#status' })
  expect(room).toBeGreaterThan(400)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 1_500 }), (text) => {
      const lines = ircLines(text, room)
      for (const line of lines) {
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(room)
        expect(line).not.toMatch(/[\r\n\0]/u)
      }
      const bare = (all: string) => all.replace(/[\s\p{Cc}]/gu, '')
      expect(bare(lines.join(''))).toBe(bare(text))
    }),
    { numRuns: 60 },
  )
})

test('whatever an update says, each channel gets a text within its limit that names the incident', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6_000 })
  fc.assert(
    fc.property(text, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }), (said, title) => {
      for (const adapter of CHANNEL_KINDS) {
        const of = settings[adapter.kind] ?? {}
        const body = adapter.render({ ...update, text: said, title }, of)
        const { used, limit } = adapter.measure(body, of)
        expect([adapter.kind, used <= limit]).toEqual([adapter.kind, true])
        if (adapter.kind !== 'webhook') expect(body.text).toContain('INC-7')
      }
    }),
    { numRuns: 40 },
  )
})

test('what overflows becomes state, title and link; a drill says so everywhere', () => {
  expect(textOn('x')).toBe(
    'Identified (INC-7, 03:13 UTC): Pulls in ams1 take over 60 s. We stopped the update. Next update by 03:45 UTC. https://status.example/status/i/INC-7',
  )
  expect(textOn('x', { text: 'word '.repeat(60) })).toBe(
    'Identified (INC-7, 03:13 UTC): Image pulls fail. Next update by 03:45 UTC. https://status.example/status/i/INC-7',
  )
  for (const { kind } of CHANNEL_KINDS)
    if (kind !== 'webhook') expect(textOn(kind, { isDrill: true })).toContain('DRILL')
})

test('markup and mentions reach chats as they were typed', () => {
  const text = '<script>alert(1)</script> & **bold** @everyone <!channel>'
  const slack = adapterOf('slack')!.render({ ...update, text }, {})
  expect(JSON.stringify(slack['wire'])).toContain('&lt;!channel&gt;')
  const discord = adapterOf('discord')!.render({ ...update, text }, {})
  expect(discord['wire']).toMatchObject({ allowed_mentions: { parse: [] } })
  expect(JSON.stringify(discord['wire'])).toContain('\\\\*\\\\*bold')
})

test('Bluesky marks links by their place in UTF-8', () => {
  const { record } = adapterOf('bluesky')!.render({ ...update, text: 'Störung 🚢' }, {}) as unknown as {
    record: { text: string; facets: { index: { byteStart: number; byteEnd: number } }[] }
  }
  const { byteStart, byteEnd } = record.facets[0]!.index
  expect(Buffer.from(record.text).subarray(byteStart, byteEnd).toString()).toBe(update.link)
  expect(graphemes('👩‍👩‍👧‍👦é')).toHaveLength(2)
})

test('a record key is the same for the same delivery, another for another, and valid', () => {
  const key = tid(update.at, 'inc-7-u2-channel-1-post')
  expect(key).toBe(tid(update.at, 'inc-7-u2-channel-1-post'))
  expect(key).not.toBe(tid(update.at, 'inc-7-u3-channel-1-post'))
  expect(key).toMatch(/^[234567abcdefghij][234567a-z]{12}$/u)
})

test('OAuth 1.0a signs as RFC 5849 does', () => {
  // The example of X's guide "Creating a signature", its parameters in the query.
  const keys = {
    apiKey: 'xvz1evFS4wEEPTGEFPHBog',
    apiSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
    accessToken: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
    accessTokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
  }
  const url =
    'https://api.twitter.com/1.1/statuses/update.json?include_entities=true&status=Hello%20Ladies%20%2B%20Gentlemen%2C%20a%20signed%20OAuth%20request%21'
  const nonce = 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg'
  const header = oauth1(keys, { method: 'POST', url }, new Date(1_318_622_958_000), nonce)
  expect(header).toContain('oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"')
})

test('a post is known again by its words, with links shortened and signs as entities', () => {
  const sent = 'Down & <out> (INC-7, 03:13 UTC) https://status.example/i/7'
  expect(sameWords('Down &amp; &lt;out&gt; (INC-7, 03:13 UTC) https://t.co/x', sent)).toBe(true)
  expect(
    sameWords('<p>Down &amp; &lt;out&gt; (INC-7, 03:13 UTC) <a href="x"><span>https://</span>s</a></p>', sent),
  ).toBe(true)
  expect(sameWords('Down &amp; &lt;out&gt; (INC-7, 03:14 UTC)', sent)).toBe(false)
})

test('waits grow, spread over their whole length, and end; what the channel asks for wins', () => {
  const of = (attempts: number, asked?: number) => ({ attempts, ageMs: 0, asked })
  expect(waitBefore(of(1), 0.999)).toBeLessThanOrEqual(2_000)
  expect(waitBefore(of(7), 0.5)).toBe(3_600_000)
  expect(waitBefore(of(8), 0.5)).toBeNull()
  expect(waitBefore(of(30, 60_000), 0)).toBe(60_000)
  expect(waitBefore({ attempts: 1, ageMs: 25 * 3_600_000, asked: 1_000 }, 0)).toBeNull()
})
