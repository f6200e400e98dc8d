import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pool } from '#db/client.ts'
import type { AbuseFinding, Observation } from '#agents/rules.ts'
import { publish } from '#server/abuse/bundle.ts'
import { judge } from '#server/abuse/judge.ts'
import { suspend } from '#server/abuse/suspend.ts'
import { systemContext, type Context } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { JOBS } from '#server/jobs.ts'
import { attributeEpochs } from '#server/usage/attribute.ts'
import { keepFindings } from '#server/usage/findings.ts'
import { addAccount, addCluster, addEpoch, addHost } from '../usage/place.ts'

export const T = Date.parse('2026-11-21T03:00:00Z')
const names = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }
export const sha = (text: string) => createHash('sha256').update(text).digest('hex')

export const MINER_EXE = sha('a miner')

/** What an agent sees of a miner: its memory, and its talk with a pool. */
export const mining = (exe = MINER_EXE): Observation[] => [
  { signal: 'memory.randomx_geometry', value: 2344, heldS: 0, exeSha256: exe, excerpt: '7f00-7f93 rw-p 2344 MiB' },
  { signal: 'memory.dataset_entropy', value: 1, heldS: 0, exeSha256: exe },
  { signal: 'memory.stratum_words', value: 4, heldS: 0, exeSha256: exe, excerpt: '"method":"login"\u001b[31m<b>' },
]

export type Life = { epoch: number; name: string; account: string; app: string; startedAt: Date; containerId: string }

/** A control plane with one cluster and host, and agents' findings that go the way of real ones from the database on. */
export const house = async (sql: Pool, env: Record<string, string> = {}) => {
  const settings = readEnv({ ...env, WHARF_DATA: mkdtempSync(join(tmpdir(), 'wharf-abuse-')) })
  const at = (seconds: number): Context => systemContext(sql, settings, 'test', new Date(T + seconds * 1000))
  const host = await addHost(sql, await addCluster(sql, 'free-1'), 'ams1-c1')
  await sql`insert into host_boot (host_id, boot_id, anchor_ms, source) values (${host}, 'boot', ${T - 3_600_000}, 'server')`
  await sql`delete from graphile_worker._private_jobs`.catch(() => {})
  await publish(at(0))
  let made = 0

  const start = async (
    account: string,
    app: string,
    seconds: number,
    name = `${app}-1`,
    hostId = host,
  ): Promise<Life> => {
    const startedAt = new Date(T + seconds * 1000)
    const containerId = sha(`${hostId}${account}${name}`)
    await sql`update epoch set ended_at = ${startedAt} where host_id = ${hostId} and container_id = ${containerId} and ended_at is null`
    const labels = { [names.labelAccount]: account, [names.labelApp]: app }
    const epoch = await addEpoch(sql, hostId, `${name}#${made++}`, { labels, containerId, openedAt: startedAt })
    await sql.begin((tx) => attributeEpochs(tx, names, [{ hostId, epoch }]))
    return { epoch, name, account, app, startedAt, containerId }
  }

  /** A finding of the agent's, kept and judged `seconds` after the beginning. */
  const finds = async (
    life: Life,
    seconds: number,
    more: Partial<AbuseFinding['abuse']> & { id?: string } = {},
  ): Promise<string> => {
    const { id = sha(`finding ${made++}`).slice(0, 32), ...abuse } = more
    const mono = (time: number) => Math.round(time - (T - 3_600_000))
    const ctx = at(seconds)
    const finding: AbuseFinding = {
      id,
      kind: 'abuse',
      epoch: life.epoch,
      monoMs: mono(ctx.now.getTime()),
      abuse: {
        bundle: 1,
        action: 'stopped',
        points: 140,
        observations: mining(),
        containerId: life.containerId,
        name: life.name,
        image: 'registry.example/quiet/worker:1',
        imageId: 'sha256:worker',
        account: life.account,
        app: life.app,
        startedMonoMs: mono(life.startedAt.getTime()),
        actedMonoMs: mono(ctx.now.getTime()),
        executables: [{ path: '/tmp/w', sha256: MINER_EXE, deleted: false, memfd: false, busyPercent: 97 }],
        wallets: [],
        ...abuse,
      },
    }
    await keepFindings(ctx, host, 'boot', [finding as never])
    await judge(ctx, { hostId: host, findingId: id })
    return id
  }

  /** Runs what the judge asked for, as the worker would. */
  const settle = async (seconds: number) => {
    const rows = await sql<{ task: string; payload: unknown; id: bigint }[]>`
      select j.id, t.identifier as task, j.payload from graphile_worker._private_jobs j
      join graphile_worker._private_tasks t on t.id = j.task_id where t.identifier like 'abuse.%' order by j.id`
    for (const { id, task, payload } of rows) {
      await sql`delete from graphile_worker._private_jobs where id = ${id}`
      if (task === 'abuse.publish') await publish(at(seconds))
      if (task === 'abuse.suspend') await suspend(at(seconds), JOBS['abuse.suspend'].parse(payload))
    }
  }

  const strikes = async (account: string) =>
    await sql<{ app: string; number: number; carried: number; erased: boolean }[]>`
      select app, number, carried, erased_at is not null as erased from abuse_strike where owner = ${account} order by id`
  const kinds = async (account: string) =>
    (
      await sql<{ kind: string }[]>`select e.kind from abuse_event e join abuse_case c on c.id = e.case_id
        where c.owner = ${account} order by e.id`
    ).map(({ kind }) => kind)
  const commands = async (containerId: string) =>
    (await sql<{ kind: string }[]>`select kind from command where container_id = ${containerId} order by id`).map(
      ({ kind }) => kind,
    )
  const caseOf = async (account: string) => {
    const [row] = await sql<{ id: bigint; state: string; outcome: string | null; points: number }[]>`
      select id, state, outcome, points from abuse_case where owner = ${account} order by id desc limit 1`
    if (!row) throw new Error(`no case of ${account}`)
    return row
  }

  return {
    sql,
    env: settings,
    at,
    host,
    start,
    finds,
    settle,
    strikes,
    kinds,
    commands,
    caseOf,
    addAccount: (name: string) => addAccount(sql, name),
  }
}
