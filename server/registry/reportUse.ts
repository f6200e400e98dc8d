import { generateKeyPairSync, createPrivateKey, randomUUID, type KeyObject } from 'node:crypto'
import { cpus, totalmem } from 'node:os'
import { gzipSync } from 'node:zlib'
import {
  enrolmentText,
  HEADERS,
  rawPublicKey,
  requestText,
  sha256Hex,
  signText,
  publicKeyFromRaw,
} from '#agents/protocol.ts'
import type { Sql } from '#db/client.ts'
import type { Context } from '../context.ts'
import { ensureLocalCluster } from '../hosts/cluster.ts'
import { enrol } from '../hosts/enrol.ts'
import { createJoinToken } from '../hosts/joinToken.ts'
import { seal, unseal } from '../seal.ts'
import { GroupCommit } from '../usage/groupCommit.ts'
import { LastReadings } from '../usage/lastReadings.ts'
import { prepareReport, REPORTS_PATH } from '../usage/prepareReport.ts'
import { DomainError } from '../errors.ts'
import { frontReport, MIB_MS, type AccountTotals } from './frontReport.ts'
import { theRegistry } from './running.ts'

const PURPOSE = 'registry-front-key'
const LOCK = 'registry.report'
const ROWS_A_REPORT = 5_000
const DECLARE_EVERY_MS = 3_600_000

type FrontRow = {
  id: bigint
  hostId: number
  keyId: number
  privateKeySealed: Uint8Array
  bootId: string
  bootAt: Date
  seq: bigint
  pending: Uint8Array | null
  reportedAt: Date | null
}

/**
 * The job `registry.report`: the front reports what accounts store and move, each minute, as an enrolled agent does:
 * signed, in sequence, into the same store of readings, so that hours, quotas, invoices and their evidence follow. A
 * number names one body for ever: a report that is not known to be stored is sent again before the next one is made.
 */
export const reportUse = async (ctx: Context): Promise<void> => {
  await theRegistry()?.traffic.flush()
  const [any] = await ctx.sql`select from registry_meter limit 1`
  if (!any) return
  const lock = await ctx.sql.reserve()
  try {
    const [got] = await lock<{ got: boolean }[]>`select pg_try_advisory_lock(hashtextextended(${LOCK}, 0)) as got`
    if (!got?.got) return
    try {
      await reportAll(ctx)
    } finally {
      await lock`select pg_advisory_unlock(hashtextextended(${LOCK}, 0))`
    }
  } finally {
    lock.release()
  }
}

const readFront = async (sql: Sql): Promise<FrontRow | undefined> => {
  const [row] = await sql<FrontRow[]>`select id, host_id, key_id, private_key_sealed, boot_id, boot_at, seq, pending,
    reported_at from registry_front order by id limit 1`
  return row
}

/** Enrols the front as any host is, with a token made for it; its clock begins before the first account's count. */
const enrolFront = async (ctx: Context): Promise<FrontRow> => {
  const { privateKey } = generateKeyPairSync('ed25519')
  const publicKey = rawPublicKey(privateKey)
  const clusterId = await ensureLocalCluster(ctx)
  const { token } = await createJoinToken(ctx, { clusterId, maxUses: 1, expiresInHours: 1 })
  const proof = signText(privateKey, enrolmentText(token, publicKey))
  const agent = 'wharf-registry/1'
  const { hostId, keyId } = await enrol(ctx, { token, publicKey, hostname: 'registry', agent, proof })
  const sealed = seal(ctx.env.secret, PURPOSE, privateKey.export({ type: 'pkcs8', format: 'der' }))
  await ctx.sql`insert into registry_front (host_id, key_id, private_key_sealed, boot_id, boot_at)
    select ${hostId}, ${keyId}, ${sealed}, ${randomUUID()},
      date_trunc('milliseconds', least(min(opened_at), ${ctx.now}::timestamptz)) - interval '1 hour' from registry_meter`
  const row = await readFront(ctx.sql)
  if (!row) throw new Error('the front was not stored')
  return row
}

const reportAll = async (ctx: Context): Promise<void> => {
  const front = (await readFront(ctx.sql)) ?? (await enrolFront(ctx))
  const key = keyOf(front, ctx.env.secret)
  const send = sender(ctx, front, key)
  let { seq } = front
  if (front.pending) await send(Number(seq), front.pending)
  for (let after = 0n; ;) {
    const totals = await totalsAfter(ctx.sql, after, ctx.now)
    const last = totals.at(-1)
    if (!last) break
    after = last.accountId
    seq += 1n
    const body = bodyOf(ctx, front, Number(seq), totals)
    await ctx.sql`update registry_front set seq = ${seq}, pending = ${body} where id = ${front.id}`
    await send(Number(seq), body)
  }
}

const keyOf = (front: FrontRow, secret: string): KeyObject => {
  try {
    const key = unseal(secret, PURPOSE, front.privateKeySealed)
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
  } catch (error) {
    throw new DomainError('UNAVAILABLE', "the front's key was sealed with another WHARF_SECRET; start with that one", {
      cause: error,
    })
  }
}

/** Totals of accounts as they stand at `now`; the integral runs on from the last change of size. */
const totalsAfter = async (sql: Sql, after: bigint, now: Date): Promise<AccountTotals[]> =>
  await sql<AccountTotals[]>`
    select m.account_id, a.name as account, m.opened_at, m.stored_bytes, m.egress_bytes, m.ingress_bytes,
      floor((m.stored_byte_ms + m.stored_bytes
        * greatest(0, floor(extract(epoch from ${now}::timestamptz - m.integrated_at) * 1000))) / ${String(MIB_MS)}::numeric)::bigint
        as stored_mib_s
    from registry_meter m join account a on a.id = m.account_id
    where m.account_id > ${after} and m.opened_at <= ${now} order by m.account_id limit ${ROWS_A_REPORT}`

const bodyOf = (ctx: Context, front: FrontRow, seq: number, totals: AccountTotals[]): Buffer => {
  const { reportedAt } = front
  const { now, env } = ctx
  // All of them each hour; until a report has come through, all too.
  const isAll =
    !reportedAt || Math.floor(now.getTime() / DECLARE_EVERY_MS) !== Math.floor(reportedAt.getTime() / DECLARE_EVERY_MS)
  const report = frontReport({
    seq,
    bootId: front.bootId,
    bootAtMs: front.bootAt.getTime(),
    nowMs: now.getTime(),
    names: { labelAccount: env.WHARF_LABEL_ACCOUNT, labelApp: env.WHARF_LABEL_APP },
    totals,
    declared: ({ openedAt }) => isAll || openedAt >= reportedAt,
    cores: cpus().length,
    memoryTotalMib: Math.round(totalmem() / 1_048_576),
  })
  return gzipSync(JSON.stringify(report))
}

/** Signs a report and gives it to what ingests all reports; it is stored when this resolves. */
const sender = (ctx: Context, front: FrontRow, key: KeyObject) => {
  const { sql, env, now } = ctx
  const { hostId, keyId, bootId } = front
  const last = new LastReadings()
  const commits = new GroupCommit(sql, { labelAccount: env.WHARF_LABEL_ACCOUNT, labelApp: env.WHARF_LABEL_APP })
  const standing = {
    hostId,
    revoked: false,
    keys: [{ keyId, publicKey: publicKeyFromRaw(rawPublicKey(key)), revokedAtMs: null }],
    cores: cpus().length,
  }
  return async (seq: number, given: Uint8Array): Promise<void> => {
    const [host] = await sql<{ revokedAt: Date | null }[]>`select revoked_at from host where id = ${hostId}`
    if (!host || host.revokedAt)
      throw new DomainError('FORBIDDEN', "the registry's host was revoked, so its use is no longer reported")
    if (!last.isKnown(hostId)) await last.load(sql, [hostId], now.getTime())
    const body = Buffer.from(given)
    const identity = {
      hostId,
      keyId,
      seq,
      timeMs: now.getTime(),
      bootId,
      monoMs: now.getTime() - front.bootAt.getTime(),
      digest: sha256Hex(body),
    }
    const headers: Record<string, string> = { 'content-encoding': 'gzip' }
    for (const [name, header] of Object.entries(HEADERS)) {
      headers[header] = name === 'signature' ? '' : String(identity[name as keyof typeof identity])
    }
    headers[HEADERS.signature] = signText(key, requestText('POST', REPORTS_PATH, identity))
    const prepared = prepareReport({ headers, body, receivedAtMs: now.getTime() }, standing, last)
    const { status } = await commits.add(prepared)
    if (status === 'stored') last.accept(prepared)
    await sql`update registry_front set pending = null, reported_at = ${now} where id = ${front.id} and seq = ${seq}`
  }
}
