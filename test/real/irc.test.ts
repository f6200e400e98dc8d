import { afterAll, expect, test } from 'vitest'
import type { UpdateView } from '#server/incidents/channel.ts'
import { closeIrc, irc } from '#server/incidents/channels/irc.ts'
import { hasNgircd, ircReader, startNgircd, waitFor } from '../support/ngircd.ts'

const ngircd = (await hasNgircd()) ? await startNgircd() : undefined
afterAll(async () => {
  closeIrc()
  await ngircd?.remove()
})

const update: UpdateView = {
  incident: 'INC-7',
  title: 'Pulls fail 🚢',
  state: 'investigating',
  impact: 'major',
  number: 1,
  kind: 'update',
  text: 'Störung: '.concat('pulls take longer than a minute, '.repeat(12)),
  components: [],
  at: new Date('2026-11-21T03:13:00Z'),
  nextUpdateAt: null,
  link: 'https://status.example/status/i/INC-7',
  isDrill: false,
}
const place = (channel: string) => ({
  server: '127.0.0.1',
  port: ngircd!.port,
  tls: false,
  nick: 'wharf',
  channel,
  account: '',
})
const say = (channel: string, text: string, secret = {}) => {
  const settings = place(channel)
  return irc.send(
    { settings, secret },
    {
      action: 'post',
      body: irc.render({ ...update, text }, settings),
      key: 'k',
      previous: null,
      signal: AbortSignal.timeout(8_000),
      now: update.at,
    },
  )
}

test.skipIf(!ngircd)('a long update arrives whole, in lines ngircd takes, and is receipted by its PONG', async () => {
  const { said, close } = await ircReader(ngircd!.port)
  expect(await say('#status', update.text)).toMatchObject({
    kind: 'delivered',
    receipt: { id: expect.stringMatching(/^PONG/u) },
  })
  const sent = irc.render(update, place('#status'))['lines'] as string[]
  expect(sent.length).toBeGreaterThan(1)
  await waitFor(() => said().length === sent.length)
  expect(said().map((line) => line.slice(line.indexOf(' :') + 2))).toEqual(sent)
  // Once more over the same connection: nobody joins again.
  expect(await say('#status', 'Short.')).toMatchObject({ kind: 'delivered' })
  await waitFor(() => said().at(-1)!.includes('Short.'))
  close()
})

test.skipIf(!ngircd)('what the server refuses is final, with its own words', async () => {
  expect(await say('#hushed', 'Nobody may speak.')).toMatchObject({
    kind: 'permanent',
    reason: expect.stringContaining('404'),
  })
  expect(await say('#closed', 'Nobody may enter.')).toMatchObject({
    kind: 'permanent',
    reason: expect.stringContaining('473'),
  })
})

test.skipIf(!ngircd)('a server that went away is waited for, and a kept connection is made anew', async () => {
  expect(await say('#status', 'Before.')).toMatchObject({ kind: 'delivered' })
  await ngircd!.stop()
  expect(await say('#status', 'Meanwhile.')).toMatchObject({ kind: 'retryable' })
  await ngircd!.start()
  const { said, close } = await ircReader(ngircd!.port)
  expect(await say('#status', 'After.')).toMatchObject({ kind: 'delivered' })
  await waitFor(() => said().length > 0)
  expect(said()).toEqual([expect.stringContaining('After.')])
  close()
})
