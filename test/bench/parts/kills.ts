import { fork, type ChildProcess } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { METERS, sha256Hex } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import { startControlPlane, type ControlPlane } from '../../support/controlPlane.ts'
import { containerOf, minuteOfReport, totalsOf, type Fleet } from './killsFleet.ts'

const VICTIMS = ['control plane', 'PostgreSQL', 'agent'] as const
/** What is killed; `TERM` asks the control plane to stop instead. */
export type Victim = (typeof VICTIMS)[number] | 'TERM'
export type Recovery = { victim: Victim; ms: number }
/** `lost` and `doubled` count reports; `recoveries` are the times from a kill to the first acknowledgement after it. */
export type KillsResult = {
  reports: number
  lost: number
  doubled: number
  recoveries: Recovery[]
  faults: string[]
  output: string
}

const GIVE_UP_MS = 60_000

const seedFleet = async (plane: ControlPlane, hosts: number, containers: number): Promise<Fleet> => {
  const sql = plane.connect()
  try {
    await sql`insert into cluster (name, kind) values ('kills', 'internal')`
    const seeded: Fleet['hosts'] = []
    for (let i = 0; i < hosts; i++) {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519')
      const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(12)
      const [row] = await sql<{ hostId: number; keyId: number }[]>`
        with h as (insert into host (name, cluster_id, facts) select ${`kills-${i}`}, id, '{"cores": 64}'
          from cluster where name = 'kills' returning id)
        insert into host_key (host_id, public_key) select id, ${raw} from h returning host_id, id as key_id`
      if (row) seeded.push({ ...row, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string })
    }
    return {
      url: plane.url,
      dir: mkdtempSync(join(tmpdir(), 'wharf-kills-')),
      hosts: seeded,
      containers,
      bornAtMs: Date.now(),
      firstMinute: Math.floor(Date.now() / 60_000) - 5 * 1_440,
      everyMs: 250,
    }
  } finally {
    await sql.end({ timeout: 2 })
  }
}

/** The agents' process: tells of acknowledgements, can be killed and started again. */
class Agents {
  child: ChildProcess | undefined
  fault: string | undefined
  readonly #fleet: Fleet
  #heard: (() => void)[] = []

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  start() {
    this.child = fork(join(import.meta.dirname, 'killsAgent.ts'), [JSON.stringify(this.#fleet)])
    this.child.on('message', (message: { fatal?: string }) => {
      this.fault ??= message.fatal
      for (const wake of this.#heard.splice(0)) wake()
    })
  }

  /** Resolves with the next acknowledgement. */
  async acknowledgement() {
    await Promise.race([
      new Promise<void>((resolve) => this.#heard.push(resolve)),
      sleep(GIVE_UP_MS, undefined, { ref: false }).then(() => {
        throw new Error(`nothing was acknowledged for ${GIVE_UP_MS} ms`)
      }),
    ])
    if (this.fault) throw new Error(this.fault)
  }

  async kill() {
    const dying = this.child as ChildProcess
    dying.kill('SIGKILL')
    await once(dying, 'exit')
  }

  /** Makes no more reports and ends when all are acknowledged. */
  async finish() {
    this.child?.send('finish')
    if (this.child?.exitCode === null) await once(this.child, 'exit')
    if (this.fault) throw new Error(this.fault)
  }
}

/** Kills one, lets it come back as its supervisor would bring it, and waits for the first acknowledgement after. */
const killOne = async (plane: ControlPlane, agents: Agents, victim: Victim): Promise<Recovery> => {
  const killedAt = performance.now()
  if (victim === 'control plane' || victim === 'TERM') {
    const code = victim === 'TERM' ? await plane.stop() : await plane.kill()
    if (victim === 'TERM' && code !== 0) throw new Error(`the control plane stopped with ${String(code)}`)
    const starting = plane.start()
    await agents.acknowledgement()
    const ms = performance.now() - killedAt
    await starting
    return { victim, ms }
  }
  if (victim === 'PostgreSQL') {
    const before = plane.postgresPid()
    process.kill(before, 'SIGKILL')
    // Until its successor runs, what is acknowledged was committed before.
    const successor = () => {
      try {
        return plane.postgresPid() !== before
      } catch {
        return false
      }
    }
    while (!successor()) {
      if (performance.now() - killedAt > GIVE_UP_MS) throw new Error(`PostgreSQL did not come back\n${plane.output()}`)
      await sleep(5)
    }
  } else {
    await agents.kill()
    agents.start()
  }
  await agents.acknowledgement()
  return { victim, ms: performance.now() - killedAt }
}

const settled = async (sql: Pool) => {
  for (const until = Date.now() + 90_000; ; await sleep(100)) {
    const [due] = await sql`select 1 from hour_due limit 1`
    if (!due) return
    if (Date.now() > until) throw new Error('hours are still due after 90 s')
  }
}

const METER_COLUMNS =
  'cpu_us throttled_us memory_mib_s disk_mib_s volumes_mib_s logs_mib_s rx_bytes tx_bytes block_read_bytes block_write_bytes'.split(
    ' ',
  )
const sums = METER_COLUMNS.map((column) => `sum(${column})`).join(', ')

/** What the agents were promised, from their spools: number and digest of every acknowledged report of a host. */
const acknowledgedOf = (fleet: Fleet, hostId: number): Map<number, string> => {
  const folder = join(fleet.dir, String(hostId))
  const files = readdirSync(folder).filter((name) => name.endsWith('.ok.gz'))
  return new Map(files.map((name) => [Number.parseInt(name, 10), sha256Hex(readFileSync(join(folder, name)))]))
}

/** Compares one host's promises with the store, row by row and sum by sum. */
const compareHost = async (sql: Pool, fleet: Fleet, hostId: number, result: KillsResult) => {
  const promised = acknowledgedOf(fleet, hostId)
  result.reports += promised.size
  const keys = await sql<{ seq: bigint; digest: string; bodies: number }[]>`
    select k.seq, encode(k.digest, 'hex') as digest,
      (select count(*)::int from report_body b where b.host_id = k.host_id and b.seq = k.seq) as bodies
    from report_key k where k.host_id = ${hostId}`
  const minutes = await sql.unsafe<{ minute: number; n: number; sums: string[] }[]>(
    `select minute, count(*)::int as n, array[${sums}]::text[] as sums from usage_minute where host_id = $1 group by 1`,
    [hostId],
  )
  const kept = new Map(keys.map((key) => [Number(key.seq), key]))
  const byMinute = new Map(minutes.map((row) => [row.minute, row]))
  for (const [seq, digest] of promised) {
    const row = byMinute.get(minuteOfReport(fleet, seq))
    const key = kept.get(seq)
    const expected = METERS.map((_, m) => {
      let sum = 0n
      for (let c = 0; c < fleet.containers; c++) sum += BigInt(totalsOf(hostId, c, seq)[m] ?? 0)
      return String(sum)
    })
    const whole = row?.n === fleet.containers && row.sums.join() === expected.join()
    if (key?.digest === digest && key.bodies >= 1 && whole) continue
    result.lost++
    result.faults.push(`host ${hostId} report ${seq}: ${JSON.stringify({ digest, key, row, expected })}`)
  }
  const twice = keys.filter(({ bodies }) => bodies > 1).length + Math.max(0, minutes.length - keys.length)
  result.doubled += twice
  if (twice > 0) result.faults.push(`host ${hostId}: ${keys.length} reports, ${minutes.length} minutes`)
  // Hours are what is billed: each container's add up to its last total.
  const last = Math.max(...promised.keys())
  const hours = await sql.unsafe<{ epoch: bigint; sums: string[] }[]>(
    `select epoch, array[${sums}]::text[] as sums from usage_hour where host_id = $1 group by 1`,
    [hostId],
  )
  const byEpoch = new Map(hours.map((row) => [Number(row.epoch), row.sums]))
  for (let c = 0; c < fleet.containers; c++) {
    const found = byEpoch.get(containerOf(hostId, c).epoch) ?? METERS.map(() => '0')
    totalsOf(hostId, c, last).forEach((total, m) => {
      const stored = Number(found[m])
      if (stored === total) return
      if (stored < total) result.lost++
      else result.doubled++
      result.faults.push(`host ${hostId} container ${c} ${METERS[m]}: hours say ${stored}, the last total ${total}`)
    })
  }
}

/**
 * Kills the control plane, PostgreSQL and the agents' process in turn, `kills` times in all, while they work; then
 * compares everything that was acknowledged with the store. `told` is called after each kill.
 */
export const runKills = async (
  options: { kills: number; hosts?: number; containers?: number; roles?: string; victims?: readonly Victim[] },
  told: (recovery: Recovery, n: number) => void = () => {},
): Promise<KillsResult> => {
  const { kills, hosts = 12, containers = 10, roles = 'web,ingest,worker', victims = VICTIMS } = options
  // Started as `npm start` starts it.
  const cache = join(import.meta.dirname, '../../../node_modules/.cache/wharfinger')
  const plane = await startControlPlane({ env: { WHARF_ROLES: roles, NODE_COMPILE_CACHE: cache } })
  const fleet = await seedFleet(plane, hosts, containers)
  const agents = new Agents(fleet)
  try {
    const result: KillsResult = { reports: 0, lost: 0, doubled: 0, recoveries: [], faults: [], output: '' }
    agents.start()
    await agents.acknowledgement()
    for (let n = 0; n < kills; n++) {
      // At ever other moments of the agents' and the committers' rounds.
      await sleep(200 + ((n * 137) % 500))
      const recovery = await killOne(plane, agents, victims[n % victims.length] ?? 'agent')
      result.recoveries.push(recovery)
      told(recovery, n + 1)
    }
    await agents.finish()
    const sql = plane.connect()
    try {
      await settled(sql)
      for (const { hostId } of fleet.hosts) await compareHost(sql, fleet, hostId, result)
      const [told0] = await sql.unsafe<{ sums: string[] }[]>(`select array[${sums}]::text[] as sums from account_hour`)
      const [epochs] = await sql.unsafe<{ sums: string[] }[]>(`select array[${sums}]::text[] as sums from usage_hour`)
      if (told0?.sums.join() !== epochs?.sums.join()) result.faults.push('accounts do not add up to their containers')
    } finally {
      await sql.end({ timeout: 2 })
    }
    return { ...result, output: plane.output() }
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${plane.output().slice(-6_000)}`, {
      cause: error,
    })
  } finally {
    agents.child?.kill('SIGKILL')
    await plane.remove()
    rmSync(fleet.dir, { recursive: true, force: true })
  }
}
