import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { testDatabase } from '../support/database.ts'
import { startWharf } from './control.ts'

const { sql } = await testDatabase()
const wharf = await startWharf(sql)

const makeHost = async (name: string) => {
  await sql`insert into cluster (name, kind) values ('fra1', 'paid') on conflict do nothing`
  const [host] = await sql<{ id: number }[]>`insert into host (name, cluster_id, facts)
    select ${name}, id, '{"cores": 4, "memoryTotalMib": 1000}' from cluster where name = 'fra1' returning id`
  await sql`insert into host_progress (host_id) values (${host?.id ?? 0})`
  await sql`insert into host_key (host_id, public_key) values (${host?.id ?? 0}, ${randomBytes(32)})`
  return host?.id ?? 0
}
const makeContainer = (hostId: number, epoch: number, name: string) => sql`
  insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed, name, image, labels)
  values (${hostId}, ${epoch}, 'container', 'b', ${`c${epoch}`}, '2026-11-21T01:00:00Z', 0, now(), true, ${name}, 'nginx', '{}')`

test('a cluster, a join token and a host go the way an operator takes', async () => {
  expect(await wharf('cluster create ams1 --kind paid')).toEqual({ code: 0, out: 'cluster ams1 is made\n', err: '' })
  const made = await wharf('join-token create --cluster ams1 --uses 3 --json')
  expect(JSON.parse(made.out)).toMatchObject({ token: expect.stringMatching(/^wharfjoin_[\w-]{32}$/), cluster: 'ams1' })
  const listed = await wharf('join-token list')
  expect(listed.out).toMatch(/wharfjoin_.{4}…\s+usable\s+ams1\s+0 of 3/)
  const { id } = JSON.parse(made.out) as { id: string }
  expect((await wharf(`join-token revoke ${id}`)).code).toBe(0)
  expect(await wharf(`join-token revoke ${id}`)).toMatchObject({
    code: 1,
    err: `wharf: the join token ${id} is revoked already\n`,
  })
  await makeHost('quay-1')
  expect((await wharf('host show quay-1')).out).toMatch(/state\s+never/)
  expect((await wharf('host revoke quay-1 --reason sold-it')).out).toBe('host quay-1 is revoked\n')
  expect((await wharf('host list')).out).not.toContain('quay-1')
  expect((await wharf('host list --state revoked')).out).toContain('quay-1')
  const audit = JSON.parse((await wharf('audit list --action hosts.host.revoke --json')).out) as {
    rows: { actorLabel: string }[]
  }
  expect(audit.rows[0]?.actorLabel).toBe('test token')
})

test('the cluster "local" is there when it is first needed', async () => {
  expect((await wharf('join-token create')).out).toMatch(/^wharfjoin_/)
  expect((await wharf('cluster list')).out).toMatch(/local\s+internal/)
})

test('a command to a container is told with its result', async () => {
  const hostId = await makeHost('quay-2')
  await makeContainer(hostId, 5_000_000_001, 'web')
  const waiting = await wharf('container restart web --wait 0')
  expect(waiting.out).toMatch(/^restart of web on quay-2 waits for its agent \(command \d+\)\n$/)
  const stopping = wharf('container stop web --json --wait 20')
  for (let stop: unknown; !stop;)
    [stop] = await sql`update command set state = 'failed', detail = 'no such container', finished_at = now()
      where kind = 'stop' and state = 'pending' returning id`
  const stopped = await stopping
  expect(stopped).toMatchObject({ code: 1, err: 'wharf: stop of web on quay-2 failed: no such container\n' })
  expect(JSON.parse(stopped.out)).toMatchObject({ state: 'failed', hostId, epoch: 5_000_000_001 })
})

test('a name that runs on two hosts asks which is meant', async () => {
  for (const [host, epoch] of [
    ['quay-3', 5_000_000_002],
    ['quay-4', 5_000_000_003],
  ] as const) {
    await makeContainer(await makeHost(host), epoch, 'twin')
  }
  expect(await wharf('container stop twin')).toMatchObject({
    code: 1,
    err: 'wharf: "twin" runs on quay-3 and quay-4; say which with --host\n',
  })
  expect((await wharf('container show twin --host quay-4')).out).toMatch(/host\s+quay-4/)
})

test('wrong calls exit 2 and say in one line what is wrong', async () => {
  const said = async (words: string) => {
    const { code, err } = await wharf(words)
    expect(err.split('\n')).toHaveLength(2)
    return `${code} ${err.trim()}`
  }
  expect(await said('frob')).toBe('2 wharf: Unknown command frob; see wharf --help')
  expect(await said('host frob')).toBe('2 wharf: Unknown command frob; see wharf host --help')
  expect(await said('host list --frob')).toBe('2 wharf: unknown option --frob; see --help')
  expect(await said('host list --state asleep')).toBe(
    '2 wharf: --state is one of reporting, stale, never, revoked, not "asleep"',
  )
  expect(await said('host show')).toMatch(/^2 wharf: Missing required positional argument: HOST/)
  expect(await said('host show a b')).toBe('2 wharf: one word too many: b; see --help')
  expect(await said('join-token create --uses many')).toBe('2 wharf: --uses is a whole number of 1 or more, not "many"')
})

test('what is refused or cannot be reached exits 1 and says what to do', async () => {
  expect(await wharf('host show nowhere')).toMatchObject({
    code: 1,
    err: 'wharf: no host "nowhere"; "wharf host list" names them\n',
  })
  const stranger = await wharf('host list', { WHARF_TOKEN: 'wharf_wrong' })
  expect(stranger).toMatchObject({ code: 1, err: 'wharf: sign in first; set WHARF_TOKEN to a token that is valid\n' })
  const away = await wharf('host list', { WHARF_URL: 'http://127.0.0.1:1' })
  expect(away).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^wharf: http:\/\/127\.0\.0\.1:1 does not answer .*WHARF_URL right\?\n$/),
  })
  const none = await wharf('host list', { WHARF_TOKEN: '' })
  expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/^wharf: no API token: set WHARF_TOKEN/) })
})

test('help is on standard output and exits 0; nothing at all exits 2', async () => {
  expect(await wharf('host list --help')).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('wharf host list [OPTIONS]'),
  })
  expect(await wharf('')).toMatchObject({ code: 2, out: expect.stringContaining('join-token') })
})

test('the status names figures of the fleet', async () => {
  expect((await wharf('status')).out).toMatch(/control plane\s+http:.* is ready\n.*hosts/s)
  expect(JSON.parse((await wharf('status --json')).out)).toMatchObject({ healthy: true, ready: true, reporting: 0 })
})
