import { epochId, sha256Hex, type EpochDeclaration } from '#agents/protocol.ts'
import type { Pool } from '#db/client.ts'
import type { AbuseFinding, Observation, RuleBundle, SignedBundle } from '#agents/rules.ts'
import { signedHeaders } from '#agents/host/sign.ts'
import { systemContext } from '#server/context.ts'
import { readEnv } from '#server/env.ts'
import { insertUser } from '#server/accounts/createUser.ts'
import { addHost, BOOT, post, report, sender, UPTIME_MS } from '../server/ingest/plane.ts'
import type { ControlPlane } from './controlPlane.ts'
import { poll } from './stories.ts'

export const MINER = sha256Hex('a miner of ours')

/** What an agent sees of a miner. */
export const mining: Observation[] = [
  { signal: 'memory.randomx_geometry', value: 2344, heldS: 3, exeSha256: MINER, excerpt: 'rw-p 2344 MiB beside r-xp' },
  { signal: 'memory.stratum_words', value: 4, heldS: 0, exeSha256: MINER, excerpt: '"method":"login" <b>\u001b[31m' },
]

export type Life = {
  epoch: number
  containerId: string
  name: string
  account: string
  app: string
  startedMonoMs: number
}

/** A person with an account of their own; gives its name. */
export const addCustomer = async (plane: ControlPlane, sql: Pool, who: { email: string; password: string }) => {
  const ctx = systemContext(sql, readEnv({ WHARF_DATA: plane.dataDir }), 'test')
  const name = who.email.split('@')[0] ?? 'Owner'
  const userId = await sql.begin((tx) => insertUser(tx, ctx, { ...who, name }))
  const [row] = await sql<{ name: string }[]>`select a.name from account a join account_member m on m.account_id = a.id
    where m.user_id = ${userId}`
  return row!.name
}

/** A host that speaks to a control plane as an agent does: it reports containers and what it found in them. */
export const startOffenders = async (plane: ControlPlane) => {
  const sql = plane.connect()
  const host = await addHost(sql)
  const began = Date.now()
  const mono = () => UPTIME_MS + (Date.now() - began)
  const { send } = sender(plane.url)
  let seq = 0
  let found = 0

  /** Starts a container anew and has it reported, as an owner's script would. */
  const start = async (account: string, app: string): Promise<Life> => {
    const containerId = sha256Hex(`${account}/${app}`)
    const startedMonoMs = mono()
    const identity = {
      kind: 'container' as const,
      bootId: BOOT,
      objectId: containerId,
      startedAt: new Date().toISOString(),
      segment: 0,
    }
    const life: EpochDeclaration = {
      ...identity,
      epoch: epochId(identity),
      openedMonoMs: startedMonoMs,
      witnessed: true,
      containerId,
      name: `${app}-1`,
      image: `registry.example/${app}:1`,
      labels: { 'io.wharfinger.account': account, 'io.wharfinger.app': app },
    }
    const nowMs = Date.now()
    const clock = { wallMs: nowMs, monoMs: mono(), anchorMs: nowMs - mono() }
    const answer = await send(host, { ...report(++seq, { epochs: [life], clock }) })
    if (answer.status !== 200) throw new Error(`the report was not taken: ${JSON.stringify(answer)}`)
    return { epoch: life.epoch, containerId, name: life.name, account, app, startedMonoMs }
  }

  /** Tells what was found and done, and waits until it is judged. */
  const finds = async (life: Life, more: Partial<AbuseFinding['abuse']> = {}): Promise<void> => {
    const id = sha256Hex(`finding ${host.hostId} ${++found}`).slice(0, 32)
    const monoMs = mono()
    const finding: AbuseFinding = {
      id,
      kind: 'abuse',
      epoch: life.epoch,
      monoMs,
      abuse: {
        bundle: 1,
        action: 'stopped',
        points: 130,
        observations: mining,
        containerId: life.containerId,
        name: life.name,
        image: `registry.example/${life.app}:1`,
        account: life.account,
        app: life.app,
        startedMonoMs: life.startedMonoMs,
        actedMonoMs: monoMs,
        executables: [{ path: '/tmp/w', sha256: MINER, deleted: false, memfd: false, busyPercent: 97 }],
        wallets: [],
        ...more,
      },
    }
    const body = Buffer.from(JSON.stringify({ findings: [finding] }))
    const at = { timeMs: Date.now(), bootId: BOOT, monoMs }
    const headers = signedHeaders(host, at, 'POST', '/v1/findings', 0, body)
    const answer = await post(`${plane.url}/v1/findings`, body, headers)
    if (answer.status !== 200) throw new Error(`the finding was not taken: ${JSON.stringify(answer)}`)
    const judged = () => sql`select 1 from abuse_sighting where host_id = ${host.hostId} and finding_id = ${id}`
    await poll(async () => (await judged()).length).toBe(1)
  }

  /** The rules that the control plane gives this host. */
  const rules = async (): Promise<RuleBundle> => {
    const at = { timeMs: Date.now(), bootId: BOOT, monoMs: mono() }
    const path = '/v1/agents/rules'
    const answer = await fetch(plane.url + path, { headers: signedHeaders(host, at, 'GET', path, 0, Buffer.alloc(0)) })
    const tag = answer.headers.get('etag') ?? ''
    const headers = { ...signedHeaders(host, at, 'GET', path, 0, Buffer.alloc(0)), 'if-none-match': tag }
    const again = await fetch(plane.url + path, { headers })
    if (again.status !== 304) throw new Error(`the rules were sent again: ${again.status}`)
    return JSON.parse(((await answer.json()) as SignedBundle).payload) as RuleBundle
  }

  /** Lets what is due by time happen now. */
  const tick = async () => {
    await sql`select graphile_worker.add_job('abuse.tick', '{}'::json)`
  }

  const customer = (email: string, password: string) => addCustomer(plane, sql, { email, password })
  return { sql, host, start, finds, rules, customer, tick, close: () => sql.end({ timeout: 1 }) }
}
