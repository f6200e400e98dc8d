import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { enrolmentText, rawPublicKey, signText } from '#agents/protocol.ts'
import { ensureLocalCluster } from '#server/hosts/cluster.ts'
import { revokeJoinToken } from '#server/hosts/joinToken.ts'
import { revokeHost } from '#server/hosts/revoke.ts'
import { serverKey } from '#server/hosts/serverKey.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)
const makeKey = () => generateKeyPairSync('ed25519').privateKey

test('a join token lets a host enrol, once', async () => {
  const { token } = await control.joinToken({ cluster: 'fra1' })
  const answer = await control.enrolWith(token, makeKey(), 'quay-1')
  expect(answer).toMatchObject({ status: 200, body: { cluster: 'fra1' } })
  expect(answer.body['serverPublicKey']).toBe((await serverKey(control.context())).publicKey)
  const second = await control.enrolWith(token, makeKey(), 'quay-2')
  expect(second).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHENTICATED' } } })
  expect(JSON.stringify(second.body)).toContain('used up')
  const [row] =
    await sql`select actor_label, after ->> 'cluster' as cluster from audit_event where action = 'hosts.host.enrol'`
  expect(row).toEqual({ actorLabel: 'quay-1', cluster: 'fra1' })
})

test('the same token with the same key is the same host again', async () => {
  const { token } = await control.joinToken()
  const key = makeKey()
  const answers = await Promise.all([1, 2, 3].map(() => control.enrolWith(token, key, 'twin')))
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  expect(new Set(answers.map(({ body }) => body['hostId'])).size).toBe(1)
  const [token1] = await sql`select uses from join_token order by id desc limit 1`
  expect(token1?.['uses']).toBe(1)
})

test('of ten hosts that race for three uses, three enrol', async () => {
  const { token } = await control.joinToken({ maxUses: 3 })
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, i) => control.enrolWith(token, makeKey(), `racer-${i}`)),
  )
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(7)
})

test('a name that is taken gets a number, and an odd one is tidied', async () => {
  const { token } = await control.joinToken({ maxUses: 3 })
  await control.enrolWith(token, makeKey(), 'same name')
  await control.enrolWith(token, makeKey(), 'same-name')
  await control.enrolWith(token, makeKey(), 'Same-Name')
  const rows = await sql<{ name: string }[]>`select name from host where name like 'same-name%' order by id`
  expect(rows.map(({ name }) => name)).toEqual(['same-name', 'same-name-2', 'same-name-3'])
})

test('an unknown, expired or revoked token is refused with what to do', async () => {
  const expired = await control.joinToken({ expiresInHours: -1 })
  const revoked = await control.joinToken()
  await revokeJoinToken(control.context(), BigInt(revoked.id))
  const said = async (token: string) => JSON.stringify(await control.enrolWith(token, makeKey(), 'nobody'))
  expect(await said('wharfjoin_nothing')).toMatch(/401.*no such join token/)
  expect(await said(expired.token)).toMatch(/401.*has expired/)
  expect(await said(revoked.token)).toMatch(/401.*is revoked/)
})

test('who cannot prove the key does not get in', async () => {
  const { token } = await control.joinToken()
  const [mine, theirs] = [makeKey(), makeKey()]
  const publicKey = rawPublicKey(theirs)
  const proof = signText(mine, enrolmentText(token, publicKey))
  const answer = await control.post('/v1/agents/enrol', { token, publicKey, hostname: 'x', agent: 'test/1', proof })
  expect(answer.status).toBe(401)
})

test('a malformed request names the first field that is wrong', async () => {
  const answer = await control.post('/v1/agents/enrol', { token: 'wharfjoin_x', publicKey: 'short', hostname: 'x' })
  expect(answer).toMatchObject({ status: 400, body: { error: { code: 'BAD_REQUEST', path: 'publicKey' } } })
  const text = await fetch(`${control.url}/v1/agents/enrol`, { method: 'POST', body: '{' })
  expect(text.status).toBe(400)
  const large = await fetch(`${control.url}/v1/agents/enrol`, { method: 'POST', body: 'x'.repeat(70_000) })
  expect(large.status).toBe(413)
})

test('a key that is a host already, or was revoked, cannot enrol again', async () => {
  const [first, second] = [await control.joinToken(), await control.joinToken()]
  const key = makeKey()
  const { body } = await control.enrolWith(first.token, key, 'once')
  expect(await control.enrolWith(second.token, key, 'once')).toMatchObject({ status: 409 })
  await revokeHost(control.context(), body['hostId'] as number, 'sold')
  expect(await control.enrolWith(first.token, key, 'once')).toMatchObject({ status: 409 })
})

test('the cluster of this machine is made once, whoever asks first', async () => {
  const ids = await Promise.all([1, 2, 3, 4].map(() => ensureLocalCluster(control.context())))
  expect(new Set(ids).size).toBe(1)
})

test('the command key is made once, and opens only with its secret', async () => {
  const keys = await Promise.all([1, 2, 3].map(() => serverKey(control.context())))
  expect(new Set(keys.map(({ publicKey }) => publicKey)).size).toBe(1)
  const other = { sql, env: { ...control.env, secret: 'x'.repeat(40) } }
  await expect(serverKey(other)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
})
