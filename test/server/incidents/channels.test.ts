import { afterAll, expect, test } from 'vitest'
import { sealChannelSecret } from '#server/incidents/channelSecret.ts'
import { addChannel, editChannel, enableChannel, removeChannel } from '#server/incidents/changeChannel.ts'
import { deliver } from '#server/incidents/deliver.ts'
import { listChannels, readLedger } from '#server/incidents/ledgerSql.ts'
import { openIncident } from '#server/incidents/openIncident.ts'
import { postUpdate } from '#server/incidents/postUpdate.ts'
import { previewChannels } from '#server/incidents/previewChannels.ts'
import { retryFailed, settleUnknown } from '#server/incidents/retryFailed.ts'
import { testChannel } from '#server/incidents/testChannel.ts'
import { startTeams } from '../../channels/eventsApi.ts'
import { startSlack } from '../../channels/slackApi.ts'
import { testDatabase } from '../../support/database.ts'
import { buildWharf } from './wharf.ts'

const { sql } = await testDatabase()
const { ctx, env, registry } = await buildWharf(sql)
const slack = await startSlack()
const teams = await startTeams()
afterAll(() => Promise.all([slack.close(), teams.close()]))

const form = (fields: Record<string, string>, name = 'the team') => ({ name, isPublic: true, position: 1, fields })
const slackForm = (token: string) => form({ baseUrl: slack.url, channel: 'C1', threads: 'yes', token })
const slackId = await addChannel(ctx(0), 'slack', slackForm('xoxb-1'))
const teamsId = await addChannel(ctx(0), 'teams', form({ url: `${teams.url}/flow?sig=hush` }, 'Teams'))

test('a channel’s secret is sealed, never listed or audited, and kept when it is left empty', async () => {
  const [kept] = await sql<{ sealedSecret: string }[]>`select sealed_secret from channel where id = ${slackId}`
  expect(kept!.sealedSecret).not.toContain('xoxb')
  await editChannel(ctx(1), slackId, { ...slackForm(''), name: 'Slack' })
  expect(await testChannel(ctx(2), slackId)).toMatchObject({ kind: 'delivered' })
  const said = JSON.stringify(await listChannels(sql), (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))
  const [audited] = await sql<
    { text: string }[]
  >`select string_agg(before::text || after::text, ' ') as text from audit_event
    where action like 'incidents.channel.%'`
  for (const text of [said, audited!.text ?? '']) expect(text).not.toMatch(/xoxb|hush/u)
})

test('a test is taken away again, and a token that is refused shows in the channel’s health', async () => {
  expect(slack.posts.at(-1)).toMatchObject({ isGone: true })
  await editChannel(ctx(3), slackId, slackForm('xoxb-wrong'))
  expect(await testChannel(ctx(4), slackId)).toMatchObject({ kind: 'permanent', unauthorized: true })
  expect((await listChannels(sql))[0]).toMatchObject({
    health: 'unauthorized',
    healthDetail: 'invalid_auth',
    enabled: true,
  })
  const wrong = addChannel(ctx(5), 'mastodon', form({ baseUrl: 'not a url', token: 'x' }))
  await expect(wrong).rejects.toMatchObject({ code: 'BAD_REQUEST', path: 'fields.baseUrl' })
})

test('the preview is what is posted, and says what is in the way', async () => {
  const { id } = await sql.begin((tx) => openIncident(tx, ctx(10), { requestId: 'open-preview', title: 'Pulls fail' }))
  const content = {
    text: 'Some pulls fail.',
    state: 'investigating' as const,
    components: [{ componentId: String(registry), status: 'partial_outage' as const }],
    hosts: [],
    overrides: {},
    nextUpdateMinutes: 30,
  }
  const rows = await previewChannels(ctx(10), id, { ...content, kind: 'update' })
  expect(rows.map(({ name, trouble }) => [name, trouble])).toEqual([
    ['the team', 'the sign-in is not accepted any more since 03:04 UTC'],
    ['Teams', null],
  ])
  await postUpdate(ctx(10), {
    ...content,
    components: [{ componentId: registry, status: 'partial_outage' }],
    incidentId: id,
    requestId: 'post-preview',
    sawUpdate: 0,
  })
  const bodies = await sql<{ text: string }[]>`select body ->> 'text' as text from delivery
    where channel_id is not null order by channel_id`
  expect(bodies.map(({ text }) => text)).toEqual(rows.map(({ text }) => text))
})

test('a retry sends only what failed, the same text once more; an unknown waits for a person', async () => {
  teams.faults.push('answer lost')
  await deliver(ctx(11), { patienceMs: 0 })
  const [ledger] = await readLedger(sql, 1n)
  const { updateId, rows } = ledger!
  expect(rows.slice(0, 2).map(({ name, state }) => [name, state])).toEqual([
    ['the team', 'permanent'],
    ['Teams', 'unknown'],
  ])
  await sql`update channel set sealed_secret = ${sealChannelSecret(env.secret, { token: 'xoxb-1' })} where id = ${slackId}`
  expect(await retryFailed(ctx(12), { updateId })).toBe(1)
  await deliver(ctx(13), { patienceMs: 0 })
  await settleUnknown(ctx(14), rows[1]!.id, true)
  await expect(settleUnknown(ctx(14), rows[1]!.id, false)).rejects.toMatchObject({ code: 'CONFLICT' })
  expect(await retryFailed(ctx(15), { updateId })).toBe(0)
  const [after] = await readLedger(sql, 1n)
  const channelRows = after!.rows.filter(({ channelId }) => channelId !== null)
  expect(channelRows.map(({ state, tries }) => [state, tries.map(({ outcome }) => outcome)]).toSorted()).toEqual([
    ['delivered', ['permanent', 'delivered']],
    ['delivered', ['unknown']],
  ])
  expect(slack.posts.filter(({ isGone }) => !isGone)).toHaveLength(1)
  expect(teams.posts).toHaveLength(1)
})

test('a channel that is off or removed is sent nothing and its secret is forgotten', async () => {
  await enableChannel(ctx(20), teamsId, false)
  await removeChannel(ctx(20), slackId)
  const { id } = await sql.begin((tx) => openIncident(tx, ctx(20), { requestId: 'open-off', title: 'Pulls fail' }))
  await postUpdate(ctx(20), {
    incidentId: id,
    requestId: 'post-off',
    state: 'investigating',
    text: 'Nobody hears this.',
    components: [],
    nextUpdateMinutes: null,
    sawUpdate: 0,
  })
  const rows = await sql`select 1 from delivery where incident_id = ${id} and channel_id is not null`
  expect(rows).toHaveLength(0)
  const [gone] = await sql<{ sealedSecret: string | null }[]>`select sealed_secret from channel where id = ${slackId}`
  expect(gone).toEqual({ sealedSecret: null })
})
