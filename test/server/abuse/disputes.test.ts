import { describe, expect, test } from 'vitest'
import { decideDue, openDispute } from '#server/abuse/dispute.ts'
import { overrule } from '#server/abuse/overrule.ts'
import { restoreApp } from '#server/abuse/restoreApp.ts'
import { wipeKept } from '#server/abuse/wipeKept.ts'
import { deliver } from '#server/hosts/deliver.ts'
import { recordResults } from '#server/hosts/recordResults.ts'
import { testDatabase } from '../../support/database.ts'
import { addEpoch } from '../usage/place.ts'
import { house, mining, MINER_EXE, sha } from './house.ts'

const { sql } = await testDatabase()
const wharf = await house(sql, { WHARF_ABUSE_BREAKER_ACCOUNTS: '1000', WHARF_ABUSE_BREAKER_SHARE: '1' })
const HOUR = 3_600
const DAY = 24 * HOUR

/** An account that was stopped once, and disputes it an hour later; its program runs again since. */
const disputed = async (name: string) => {
  const account = { id: await wharf.addAccount(name), name }
  const first = await wharf.start(name, 'web', 0)
  await wharf.finds(first, 15)
  const { id } = await wharf.caseOf(name)
  await openDispute(wharf.at(HOUR), account, id, 'it is honest')
  const again = await wharf.start(name, 'web', HOUR + 10)
  return { account, caseId: id, first, again }
}
const looked = (busyS: number, of = MINER_EXE) => ({
  action: 'captured' as const,
  observations: [],
  executables: [{ path: '/w', sha256: of, deleted: false, memfd: false, busyPercent: 90 }],
  busyS,
})
const standing = async (name: string) => (await wharf.strikes(name)).filter(({ erased }) => !erased).length

describe('a dispute', () => {
  test('starts the app again, and is told to hosts', async () => {
    const { first } = await disputed('opens')
    expect(await wharf.commands(first.containerId)).toEqual(['restart'])
    await wharf.settle(HOUR)
    const [bundle] = await sql<{ payload: string }[]>`select payload from abuse_bundle order by version desc limit 1`
    expect(JSON.parse(bundle!.payload)).toMatchObject({
      policy: { disputes: [{ account: 'opens', app: 'web', cpuPercent: 10 }] },
    })
  })

  test('starts nothing that its owner stopped or removed', async () => {
    const account = { id: await wharf.addAccount('tidy'), name: 'tidy' }
    const ended = await wharf.start('tidy', 'web', 0, 'web-ended')
    const removed = await wharf.start('tidy', 'web', 0, 'web-removed')
    const struck = await wharf.start('tidy', 'web', 300)
    const endedAt = wharf.at(200).now
    await sql`update epoch set ended_at = ${endedAt} where epoch = any(${[ended.epoch, removed.epoch]}::bigint[])`
    const { containerId } = removed
    await addEpoch(sql, wharf.host, 'layer-removed', { kind: 'layer', containerId, endedAt })
    await wharf.finds(removed, 100, { observations: mining().slice(0, 2), action: 'watched' })
    await wharf.finds(struck, 315)
    await openDispute(wharf.at(HOUR), account, (await wharf.caseOf('tidy')).id, 'it is honest')
    const told = [ended, removed, struck].map((life) => wharf.commands(life.containerId))
    expect(await Promise.all(told)).toEqual([[], [], ['restart']])
  })

  test('clears where the same executable was busy for a day without proof: erased, exempt for 30 days', async () => {
    const { again } = await disputed('clears')
    await wharf.finds(again, 10 * HOUR, looked(400))
    await wharf.finds(again, 20 * HOUR, looked(400))
    await decideDue(wharf.at(HOUR + DAY))
    expect(await standing('clears')).toBe(0)
    expect(await wharf.caseOf('clears')).toMatchObject({ state: 'closed', outcome: 'cleared' })
    const exempt = await sql<{ rule: string; days: number }[]>`select rule_id as rule,
      extract(epoch from until_at - created_at)::int / 86400 as days from abuse_exemption where owner = 'clears' order by 1`
    expect(exempt).toEqual([
      { rule: 'miner.randomx-dataset', days: 30 },
      { rule: 'miner.stratum-memory', days: 30 },
    ])
    const next = await wharf.start('clears', 'web', 2 * DAY)
    await wharf.finds(next, 2 * DAY + 15)
    expect(await standing('clears')).toBe(0)
  })

  test('stands as soon as the day brings a proof, with no further strike, and that executable is not disputed again', async () => {
    const { account, caseId, again } = await disputed('stands')
    await wharf.finds(again, 2 * HOUR, { ...looked(300), observations: mining() })
    expect(await standing('stands')).toBe(1)
    expect(await wharf.caseOf('stands')).toMatchObject({ state: 'stopped' })
    expect(await wharf.commands(again.containerId)).toEqual(['restart', 'stop'])
    await expect(openDispute(wharf.at(3 * HOUR), account, caseId, 'again')).rejects.toThrow('disputed before')
  })

  test('stays pending while the executable is paused, idle, or another one', async () => {
    const { again } = await disputed('paused')
    await wharf.finds(again, 10 * HOUR, looked(3_000, sha('something else')))
    await decideDue(wharf.at(HOUR + DAY))
    await decideDue(wharf.at(HOUR + 2 * DAY))
    expect(await standing('paused')).toBe(1)
    const [row] = await sql`select state, due_at from abuse_dispute where owner = 'paused'`
    expect(row).toMatchObject({ state: 'pending', dueAt: wharf.at(HOUR + 3 * DAY).now })
  })

  test('is refused where nothing stands, and for a second one at once', async () => {
    const { account, caseId } = await disputed('twice')
    await expect(openDispute(wharf.at(2 * HOUR), account, caseId, '')).rejects.toThrow('disputed already')
    await expect(openDispute(wharf.at(2 * HOUR), account, caseId + 1_000n, '')).rejects.toThrow('no case')
  })
})

describe('an admin', () => {
  test('clears a case against the machine: strikes are erased, and the app starts again', async () => {
    await wharf.addAccount('cleared')
    const life = await wharf.start('cleared', 'web', 0)
    await wharf.finds(life, 15)
    await sql`update epoch set ended_at = opened_at where epoch = ${life.epoch}`
    const { id } = await wharf.caseOf('cleared')
    await overrule(wharf.at(60), id, 'clear', 'our own benchmark')
    expect(await standing('cleared')).toBe(0)
    expect(await wharf.commands(life.containerId)).toEqual(['restart'])
    await expect(overrule(wharf.at(61), id, 'stop', 'too late')).rejects.toThrow('is closed')
  })

  test('calls an account hijacked, and its use is handed to billing as a credit to decide', async () => {
    await wharf.addAccount('hijacked')
    const life = await wharf.start('hijacked', 'web', 0)
    await wharf.finds(life, 15)
    await overrule(wharf.at(60), (await wharf.caseOf('hijacked')).id, 'hijacked', 'a stolen token')
    const [job] = await sql<{ payload: { epochs: string[] } }[]>`select payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier = 'billing.credit_abuse'`
    expect(job?.payload.epochs).toEqual([String(life.epoch)])
  })

  test('restores a deleted app from its sealed configuration within 7 days, and not after', async () => {
    await wharf.addAccount('deleted')
    const life = await wharf.start('deleted', 'web', 0)
    await wharf.finds(life, 15)
    const { id } = await wharf.caseOf('deleted')
    await overrule(wharf.at(60), id, 'delete', 'terms of service')
    const [command] = await sql<
      { id: bigint }[]
    >`select id from command where kind = 'delete' and container_id = ${life.containerId}`
    const createConfig = JSON.stringify({ name: 'web', body: { Env: ['TOKEN=secret'] } })
    await recordResults(wharf.at(70), wharf.host, [
      { id: Number(command!.id), outcome: 'done', detail: 'deleted', evidence: { createConfig } },
    ])
    const kept = await sql`select evidence::text as evidence from command where id = ${command!.id}`
    const audited = await sql`select 1 from audit_event where coalesce(after::text, '') like '%TOKEN=secret%'`
    expect([JSON.stringify(kept).includes('secret'), audited.length]).toEqual([false, 0])

    const [deletion] = await sql<{ id: bigint }[]>`select id from abuse_deletion where owner = 'deleted'`
    expect(await restoreApp(wharf.at(DAY), deletion!.id, 'settled')).toBe(1)
    const { commands } = await deliver(wharf.at(DAY), wharf.host)
    const recreate = commands.map(({ payload }) => JSON.parse(payload) as { kind: string; args: unknown })
    expect(recreate.find(({ kind }) => kind === 'recreate')?.args).toEqual({ createConfig })
    await expect(restoreApp(wharf.at(DAY), deletion!.id, 'again')).rejects.toThrow('restored before')

    await overrule(wharf.at(2 * DAY), id, 'close', 'done')
    await wharf.finds(await wharf.start('deleted', 'web', 3 * DAY), 3 * DAY + 15)
    await overrule(wharf.at(3 * DAY + 60), (await wharf.caseOf('deleted')).id, 'delete', 'again')
    const [second] = await sql<
      { id: bigint }[]
    >`select id from abuse_deletion where owner = 'deleted' order by id desc limit 1`
    await wipeKept(wharf.at(11 * DAY))
    await expect(restoreApp(wharf.at(11 * DAY), second!.id, 'late')).rejects.toThrow('is gone')
    expect(await sql`select 1 from command where evidence ? 'createConfig'`).toHaveLength(0)
  })
})
