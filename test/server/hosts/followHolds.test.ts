import { expect, test } from 'vitest'
import { issue } from '#server/hosts/command.ts'
import { enforceHolds, followHolds } from '#server/hosts/followHolds.ts'
import { testDatabase } from '../../support/database.ts'
import { startControl } from './control.ts'

const { sql } = await testDatabase()
const control = await startControl(sql)
const { hostId } = await control.enrolled('quay')
let opened = 0

const makeAccount = async (name: string) => {
  const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name)
    values (${name}, 'organization', ${name}) returning id`
  return row?.id ?? 0n
}
const start = async (accountId: bigint, epoch: number, containerId: string, app = 'web') => {
  opened += 1
  const at = new Date(Date.UTC(2026, 10, 21, 1, opened))
  await sql`insert into epoch (host_id, epoch, kind, boot_id, object_id, container_id, started_at, segment, opened_at,
      witnessed, name, image, labels)
    values (${hostId}, ${epoch}, 'container', 'b', ${containerId}, ${containerId}, ${String(at)}, 0, ${at}, true, 'web', 'nginx', '{}')`
  await sql`insert into attribution (host_id, epoch, from_hour, account_id, app, source)
    values (${hostId}, ${epoch}, 0, ${accountId}, ${app}, 'label')`
}
const end = (epoch: number) => sql`update epoch set ended_at = now() where epoch = ${epoch}`
const hold = (accountId: bigint) => sql`insert into account_hold (account_id, kind, reason, placed_by)
  values (${accountId}, 'billing', 'unpaid', 'admin')`
const lift = (accountId: bigint) => sql`update account_hold set lifted_at = now() where account_id = ${accountId}`
const follow = (accountId: bigint) => followHolds(control.context(), { accountId: String(accountId) })
const commands = async (epochs: number[]) =>
  (
    await sql<{ kind: string; epoch: bigint; state: string }[]>`select kind, epoch, state from command
    where epoch = any(${epochs}::bigint[]) order by id`
  ).map(({ kind, epoch, state }) => `${kind} ${epoch} ${state}`)
const deliverAll = () => sql`update command set delivered_at = now() where state = 'pending'`
const finishAll = () => sql`update command set state = 'done', delivered_at = now() where state = 'pending'`

test('a hold stops what runs; lifting the last starts just that again', async () => {
  const accountId = await makeAccount('kelp')
  await start(accountId, 1, 'c1')
  await start(accountId, 2, 'c2')
  await start(accountId, 3, 'c3')
  await end(3)
  await hold(accountId)
  await follow(accountId)
  await follow(accountId)
  expect(await commands([1, 2, 3])).toEqual(['stop 1 pending', 'stop 2 pending'])
  await finishAll()
  await end(1)
  await end(2)
  await lift(accountId)
  await follow(accountId)
  await follow(accountId)
  expect((await commands([1, 2, 3])).slice(2)).toEqual(['restart 1 pending', 'restart 2 pending'])
  await finishAll()
})

test('a stop not fetched yet is withdrawn; one that was is followed by a start', async () => {
  const accountId = await makeAccount('dulse')
  await start(accountId, 11, 'c11')
  await hold(accountId)
  await follow(accountId)
  await deliverAll()
  await start(accountId, 12, 'c12')
  await follow(accountId)
  await lift(accountId)
  await follow(accountId)
  expect(await commands([11, 12])).toEqual(['stop 11 pending', 'stop 12 expired', 'restart 11 pending'])
  await finishAll()
})

test('what somebody else stopped, or started since, stays as it is', async () => {
  const accountId = await makeAccount('laver')
  await start(accountId, 21, 'c21')
  await issue(sql, control.context(), {
    hostId,
    epoch: 21,
    containerId: 'c21',
    kind: 'stop',
    reason: 'by hand',
    key: 'manual:1',
  })
  await finishAll()
  await end(21)
  await start(accountId, 22, 'c22')
  await hold(accountId)
  await follow(accountId)
  await finishAll()
  await end(22)
  await start(accountId, 23, 'c22')
  await lift(accountId)
  await follow(accountId)
  expect(await commands([21, 22, 23])).toEqual(['stop 21 done', 'stop 22 done'])
})

test('what is started while held is stopped by the next round; protected apps never are', async () => {
  const accountId = await makeAccount('wrack')
  await hold(accountId)
  await sql`insert into app (account_id, name, protected_at) values (${accountId}, 'dns', now())`
  await start(accountId, 31, 'c31')
  await start(accountId, 32, 'c32', 'dns')
  await enforceHolds(control.context())
  expect(await commands([31, 32])).toEqual(['stop 31 pending'])
})
