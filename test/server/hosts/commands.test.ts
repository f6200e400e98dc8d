import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from 'vitest'
import { enrolmentText, publicKeyFromRaw, rawPublicKey, signText, verifyText } from '#agents/protocol.ts'
import type { Command, SignedCommand } from '#agents/protocol.ts'
import { issue } from '#server/hosts/command.ts'
import type { NewCommand } from '#server/hosts/command.ts'
import { expireCommands } from '#server/hosts/expireCommands.ts'
import { operate } from '#server/hosts/operate.ts'
import { revokeHost, revokeKey } from '#server/hosts/revoke.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'
import type { TestHost } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)
const quay = await control.enrolled('quay')

const give = (more: Partial<NewCommand> & { key: string }) =>
  issue(sql, control.context(), {
    hostId: quay.hostId,
    epoch: 41,
    containerId: 'c41',
    kind: 'stop',
    reason: 'a test',
    ...more,
  })
const fetched = async (host: TestHost = quay) =>
  (await control.request(host, 'GET', '/v1/agents/commands')).body['commands'] as SignedCommand[]
const finish = (ids: bigint[]) =>
  control.request(quay, 'POST', '/v1/agents/results', {
    results: ids.map((id) => ({ id: Number(id), outcome: 'done', detail: 'stopped', evidence: { before: 12 } })),
  })
const stateOf = async (id: bigint) => (await sql`select state, detail from command where id = ${id}`)[0]

test('a command arrives signed by the key that the host pinned', async () => {
  const { id } = await give({ key: 'signed', args: { graceSeconds: 5 } })
  const [signed] = await fetched()
  expect(verifyText(publicKeyFromRaw(quay.serverPublicKey), signed?.payload ?? '', signed?.signature ?? '')).toBe(true)
  const command = JSON.parse(signed?.payload ?? '{}') as Command
  expect(command).toMatchObject({ id: Number(id), hostId: quay.hostId, kind: 'stop', epoch: 41, containerId: 'c41' })
  expect(command.args).toEqual({ graceSeconds: 5 })
  expect(command.expiresAtMs - command.issuedAtMs).toBe(900_000)
  expect(await fetched()).toHaveLength(1)
  await finish([id])
  expect(await fetched()).toHaveLength(0)
})

test('a fact stated twice is one command', async () => {
  const first = await give({ key: 'fact' })
  expect(await give({ key: 'fact' })).toEqual({ id: first.id, repeated: true })
  await finish([first.id])
})

test('a result that is sent twice counts once, and its audit names the host', async () => {
  const { id } = await give({ key: 'twice' })
  expect((await finish([id])).body['recorded']).toBe(1)
  expect((await finish([id])).body['recorded']).toBe(0)
  const rows = await sql`select actor_kind, actor_label from audit_event
    where subject_kind = 'command' and subject_id = ${String(id)} order by id`
  expect(rows.map((row) => row['actorKind'])).toEqual(['system', 'agent'])
  expect(rows[1]?.['actorLabel']).toBe('quay')
})

test('a host cannot end another host’s command', async () => {
  const { id } = await give({ key: 'mine' })
  const other = await control.enrolled('other')
  const body = { results: [{ id: Number(id), outcome: 'done', detail: 'not mine' }] }
  expect((await control.request(other, 'POST', '/v1/agents/results', body)).body['recorded']).toBe(0)
  expect(await fetched(other)).toHaveLength(0)
  await finish([id])
})

test('a command that nobody fetches expires; a late result still counts', async () => {
  const { id } = await give({ key: 'late', expiresInSeconds: 60 })
  expect(await fetched()).toHaveLength(1)
  const unfetched = await give({ key: 'never', expiresInSeconds: 60 })
  await sql`update command set delivered_at = null where id = ${unfetched.id}`
  const in61 = new Date(Date.now() + 61_000)
  expect(await expireCommands(control.context(in61))).toBe(1)
  expect(await stateOf(unfetched.id)).toMatchObject({ state: 'expired', detail: 'the agent did not fetch it in time' })
  expect(await expireCommands(control.context(new Date(Date.now() + 181_000)))).toBe(1)
  expect(await stateOf(id)).toMatchObject({ state: 'expired' })
  await finish([id])
  expect(await stateOf(id)).toEqual({ state: 'done', detail: 'stopped' })
})

test('a protected app is refused all but relief', async () => {
  const [owner] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
    values ('saltmarsh', 'organization', 'Saltmarsh') returning id`
  const accountId = owner?.id ?? 0n
  await sql`insert into app (account_id, name, protected_at) values (${accountId}, 'ledger', now())`
  await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
    values (${quay.hostId}, 77, 0, ${accountId}, 'ledger', 'label')`
  for (const kind of ['stop', 'kill', 'pause', 'restart', 'truncate_log', 'delete'] as const) {
    await expect(give({ key: `protected-${kind}`, epoch: 77, kind })).rejects.toMatchObject({ code: 'FORBIDDEN' })
  }
  const { id } = await give({ key: 'relief', epoch: 77, kind: 'unthrottle' })
  await finish([id])
})

test('arguments must be those of the kind', async () => {
  await expect(give({ key: 'a', kind: 'throttle' })).rejects.toMatchObject({ path: 'args.cpuPercent' })
  await expect(give({ key: 'b', args: { memoryMib: 100 } })).rejects.toMatchObject({ path: 'args.memoryMib' })
  await expect(give({ key: 'c', kind: 'set_limits' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  await expect(give({ key: 'd', kind: 'set_limits', args: { memoryMib: 5 } })).rejects.toMatchObject({
    path: 'args.memoryMib',
  })
})

test('an operator commands the present life of a container only', async () => {
  const life = (epoch: number, openedAt: string, endedAt: string | null) => sql`
    insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed, name, image,
      labels, ended_at)
    values (${quay.hostId}, ${epoch}, 'container', 'b', 'web', ${openedAt}, 0, ${openedAt}, true, 'web', 'nginx', '{}', ${endedAt})`
  await life(500, '2026-11-21T01:00:00Z', '2026-11-21T02:00:00Z')
  await life(501, '2026-11-21T03:00:00Z', null)
  const input = { hostId: quay.hostId, kind: 'restart', args: {}, reason: 'hangs' } as const
  await expect(operate(control.context(), { ...input, epoch: 500 })).rejects.toMatchObject({ code: 'CONFLICT' })
  await expect(operate(control.context(), { ...input, epoch: 499 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
  const id = await operate(control.context(), { ...input, epoch: 501, key: '0b0e7d0c-9a55-4b8e-9d51-2f6d2d1b8a11' })
  expect(await operate(control.context(), { ...input, epoch: 501, key: '0b0e7d0c-9a55-4b8e-9d51-2f6d2d1b8a11' })).toBe(
    id,
  )
  await expect(operate(control.context(), { ...input, epoch: 501 })).rejects.toMatchObject({ code: 'CONFLICT' })
  await finish([BigInt(id)])
  await sql`update epoch set ended_at = now() where epoch = 501`
  await expect(operate(control.context(), { ...input, kind: 'pause', epoch: 501 })).rejects.toMatchObject({
    code: 'CONFLICT',
  })
})

test('the stream tells of a command and ends when the host is revoked', async () => {
  const host = await control.enrolled('streaming')
  const path = '/v1/agents/stream'
  const answer = await fetch(control.url + path, { headers: control.headersFor(host, 'GET', path, new Uint8Array()) })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  const decoder = new TextDecoder()
  const until = async (text: string) => {
    for (let seen = ''; !seen.includes(text);) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended after ${JSON.stringify(seen)}`)
      seen += decoder.decode(value)
    }
  }
  await until(': open')
  await give({ key: 'wake', hostId: host.hostId })
  await until('event: commands')
  expect(await fetched(host)).toHaveLength(1)
  await revokeHost(control.context(), host.hostId, 'a test')
  for (;;) if ((await reader.read()).done) break
  expect((await control.request(host, 'GET', '/v1/agents/commands')).status).toBe(403)
})

test('a rotated key takes over and the old one works for an hour', async () => {
  const host = await control.enrolled('rotating')
  const { privateKey: key } = generateKeyPairSync('ed25519')
  const publicKey = rawPublicKey(key)
  const body = { publicKey, proof: signText(key, enrolmentText(String(host.hostId), publicKey)) }
  const answer = await control.request(host, 'POST', '/v1/agents/rotate', body)
  expect(answer.status).toBe(200)
  const next = { ...host, key, keyId: answer.body['keyId'] as number }
  expect((await control.request(host, 'POST', '/v1/agents/rotate', body)).body['keyId']).toBe(next.keyId)
  expect((await control.request(next, 'GET', '/v1/agents/commands')).status).toBe(200)
  expect((await control.request(host, 'GET', '/v1/agents/commands')).status).toBe(200)
  const [old] = await sql<{ ms: number }[]>`select extract(epoch from revoked_at - now())::float8 * 1000 as ms
    from host_key where id = ${host.keyId}`
  expect(old?.ms).toBeGreaterThan(3_500_000)
  await revokeKey(control.context(), host.hostId, host.keyId, 'leaked')
  await expect(revokeKey(control.context(), host.hostId, next.keyId, 'last')).rejects.toMatchObject({
    code: 'CONFLICT',
  })
  const wrong = { publicKey, proof: signText(host.key, enrolmentText(String(host.hostId), publicKey)) }
  expect((await control.request(next, 'POST', '/v1/agents/rotate', wrong)).status).toBe(401)
})

test('strangers and old signatures are refused with our time to learn from', async () => {
  const stale = await control.request(quay, 'GET', '/v1/agents/commands', undefined, Date.now() - 400_000)
  expect(stale.status).toBe(401)
  expect(stale.body['serverTimeMs']).toEqual(expect.any(Number))
  const stranger = { ...quay, hostId: 999_999 }
  expect((await control.request(stranger, 'GET', '/v1/agents/commands')).status).toBe(401)
  expect((await fetch(`${control.url}/v1/agents/commands`)).status).toBe(401)
})
