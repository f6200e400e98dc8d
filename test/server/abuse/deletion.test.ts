import { expect, test } from 'vitest'
import { finishDeletions } from '#server/abuse/finishDeletion.ts'
import { overrule } from '#server/abuse/overrule.ts'
import { restoreApp } from '#server/abuse/restoreApp.ts'
import { wipeKept } from '#server/abuse/wipeKept.ts'
import { recordResults } from '#server/hosts/recordResults.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { protectApp } from '#server/usage/protect.ts'
import { testDatabase } from '../../support/database.ts'
import { addEpoch } from '../usage/place.ts'
import { house } from './house.ts'

const { sql } = await testDatabase()
const wharf = await house(sql, { WHARF_ABUSE_BREAKER_ACCOUNTS: '1000', WHARF_ABUSE_BREAKER_SHARE: '1' })
const DAY = 86_400
const names = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }

/** A volume that is metered as an app's. */
const addVolume = async (account: string, app: string, name: string) => {
  const labels = { [names.labelAccount]: account, [names.labelApp]: app }
  const epoch = await addEpoch(sql, wharf.host, name, { kind: 'volume', labels, containerId: name })
  await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId: wharf.host, epoch }]))
  return epoch
}

/** An app that was deleted a minute after its container started, and whose host told what it had. */
const deleted = async (account: string, volumes: string[]) => {
  const accountId = await wharf.addAccount(account)
  const life = await wharf.start(account, 'web', 0)
  await wharf.finds(life, 15)
  const { id } = await wharf.caseOf(account)
  await overrule(wharf.at(60), id, 'delete', 'terms of service')
  const [command] = await sql<{ id: bigint }[]>`
    select id from command where kind = 'delete' and container_id = ${life.containerId}`
  const evidence = { createConfig: JSON.stringify({ name: 'web', body: {} }), volumes: volumes.join('\n') }
  await recordResults(wharf.at(70), wharf.host, [
    { id: Number(command!.id), outcome: 'done', detail: 'deleted', evidence },
  ])
  const [deletion] = await sql<{ id: bigint }[]>`select id from abuse_deletion where owner = ${account}`
  return { accountId, caseId: id, deletionId: deletion!.id }
}
const removals = async (deletionId: bigint) =>
  (
    await sql<{ volume: string }[]>`select args ->> 'volume' as volume from command
      where kind = 'remove_volume' and key like ${`abuse:wipe:${deletionId}:%`} order by 1`
  ).map(({ volume }) => volume)
const configs = async (deletionId: bigint) =>
  (await sql`select 1 from command where key like ${`abuse:deletion:${deletionId}:%`} and evidence ? 'createConfig'`)
    .length

test('a week after its deletion an app’s configuration is erased and its host removes its volumes, once, with audit rows', async () => {
  const { deletionId, caseId } = await deleted('leaver', ['data', 'cache'])
  const metered = await addVolume('leaver', 'web', 'data')
  await addVolume('leaver', 'web', 'old-data')
  await addVolume('leaver', 'other', 'other-data')
  await wipeKept(wharf.at(7 * DAY))
  expect([await removals(deletionId), await configs(deletionId)]).toEqual([[], 1])
  await wipeKept(wharf.at(7 * DAY + 61))
  await wipeKept(wharf.at(8 * DAY))
  expect([await removals(deletionId), await configs(deletionId)]).toEqual([['cache', 'data', 'old-data'], 0])
  const [data] = await sql`select epoch from command where kind = 'remove_volume' and args ->> 'volume' = 'data'`
  expect(Number(data!['epoch'])).toBe(metered)
  const audited = await sql<{ action: string }[]>`select action from audit_event
    where action = 'abuse.app.wipe' and subject_id = ${String(caseId)}`
  expect(audited).toHaveLength(1)
  expect(await wharf.kinds('leaver')).toContain('wiped')
  await expect(restoreApp(wharf.at(8 * DAY), deletionId, 'late')).rejects.toThrow('is gone')
})

test('a volume that is metered as another app’s is left, though the deleted one had it too', async () => {
  const { deletionId } = await deleted('sharer', ['shared', 'own'])
  await addVolume('sharer', 'other', 'shared')
  await wipeKept(wharf.at(8 * DAY))
  expect(await removals(deletionId)).toEqual(['own'])
})

test('a restored app, and one that runs again under its name, keep their volumes; configurations go all the same', async () => {
  const restored = await deleted('restored', ['restored-data'])
  await restoreApp(wharf.at(DAY), restored.deletionId, 'settled')
  const again = await deleted('again', ['again-data'])
  await wharf.start('again', 'web', 2 * DAY, 'web-2')
  await wipeKept(wharf.at(8 * DAY))
  for (const { deletionId } of [restored, again]) {
    expect([await removals(deletionId), await configs(deletionId)]).toEqual([[], 0])
  }
})

test('what an admin protects waits until the protection is lifted', async () => {
  const { accountId, deletionId } = await deleted('shielded', ['shielded-data'])
  await protectApp(wharf.at(DAY), accountId, 'web', true)
  await wipeKept(wharf.at(9 * DAY))
  expect([await removals(deletionId), await configs(deletionId)]).toEqual([[], 1])
  await protectApp(wharf.at(9 * DAY), accountId, 'web', false)
  await wipeKept(wharf.at(10 * DAY))
  expect([await removals(deletionId), await configs(deletionId)]).toEqual([['shielded-data'], 0])
})

test('a container that its owner starts while it is being deleted brings no strike, and is deleted in that life too', async () => {
  await wharf.addAccount('quick')
  const first = await wharf.start('quick', 'web', 0)
  await wharf.finds(first, 15)
  const { id } = await wharf.caseOf('quick')
  await overrule(wharf.at(60), id, 'delete', 'terms of service')
  const commands = () =>
    sql<{ id: bigint; epoch: bigint; state: string }[]>`select id, epoch, state from command
      where kind = 'delete' and container_id = ${first.containerId} order by id`
  const refuse = async (commandId: bigint, atS: number) =>
    recordResults(wharf.at(atS), wharf.host, [{ id: Number(commandId), outcome: 'refused', detail: 'another life' }])

  const second = await wharf.start('quick', 'web', 62)
  await refuse((await commands())[0]!.id, 63)
  await wharf.finds(second, 15)
  expect(await sql`select 1 from abuse_strike where owner = 'quick'`).toHaveLength(1)
  expect(await sql`select 1 from abuse_deletion where owner = 'quick'`).toHaveLength(1)
  expect((await commands()).map(({ epoch }) => Number(epoch))).toEqual([first.epoch, second.epoch])

  // One that shows nothing more escapes no more than one that does.
  const third = await wharf.start('quick', 'web', 100)
  await finishDeletions(wharf.at(101))
  expect(await commands()).toHaveLength(2)
  await refuse((await commands())[1]!.id, 102)
  await finishDeletions(wharf.at(160))
  await finishDeletions(wharf.at(220))
  expect((await commands()).map(({ epoch }) => Number(epoch))).toEqual([first.epoch, second.epoch, third.epoch])

  // A life of what was deleted is no sign that the app runs again.
  await recordResults(wharf.at(230), wharf.host, [
    { id: Number((await commands())[2]!.id), outcome: 'done', detail: 'deleted', evidence: { volumes: 'quick-data' } },
  ])
  const [deletion] = await sql<{ id: bigint }[]>`select id from abuse_deletion where owner = 'quick'`
  await wipeKept(wharf.at(8 * DAY))
  expect(await removals(deletion!.id)).toEqual(['quick-data'])
})
