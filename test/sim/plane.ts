import type { KeyObject } from 'node:crypto'
import type { Pool } from '#db/client.ts'
import type { ReportAnswer } from '#agents/protocol.ts'
import type { HttpAnswer, HttpRequest } from '#agents/host/http.ts'
import { DomainError, statusOf } from '#server/errors.ts'
import { claimedIdentity } from '#server/hosts/signature.ts'
import { GroupCommit } from '#server/usage/groupCommit.ts'
import { LastReadings } from '#server/usage/lastReadings.ts'
import { prepareReport } from '#server/usage/prepareReport.ts'

export const LABELS = { labelAccount: 'io.wharfinger.account', labelApp: 'io.wharfinger.app' }

/** A host that the control plane knows. */
export type Known = { hostId: number; keyId: number; publicKey: KeyObject; cores: number }

export const standingOf = ({ hostId, keyId, publicKey, cores }: Known) => ({
  hostId,
  revoked: false,
  cores,
  keys: [{ keyId, publicKey, revokedAtMs: null }],
})

type Fault = 'before commit' | 'after commit'

class Crash extends Error {}

/** One ingest process: what it remembers dies with it. */
const ingestProcess = (sql: Pool, known: Map<number, Known>, died: () => void) => {
  let fault: Fault | null = null
  let dead = false
  const die = () => {
    dead = true
    fault = null
    died()
    return new Crash()
  }
  const dying: Pool = new Proxy(sql, {
    get: (target, name) => {
      if (name !== 'begin') return Reflect.get(target, name) as unknown
      return async (act: Parameters<Pool['begin']>[1]) => {
        if (dead) throw new Crash()
        const result = await sql.begin(async (tx) => {
          const done: unknown = await act(tx)
          if (fault === 'before commit') throw die()
          return done
        })
        if (fault === 'after commit') throw die()
        return result
      }
    },
  })
  const last = new LastReadings()
  const commits = new GroupCommit(dying, LABELS)
  const loading = new Map<number, Promise<void>>()

  return {
    crashNext: (next: Fault) => {
      fault = next
    },
    isDead: () => dead,
    async take(request: HttpRequest, nowMs: number): Promise<Omit<ReportAnswer, 'serverTimeMs'>> {
      const { hostId } = claimedIdentity(request.headers)
      const host = known.get(hostId)
      if (!last.isKnown(hostId)) {
        const load = loading.get(hostId) ?? last.load(sql, [hostId], nowMs)
        loading.set(hostId, load)
        await load
      }
      const incoming = { headers: request.headers, body: Buffer.from(request.body ?? []), receivedAtMs: nowMs }
      const prepared = prepareReport(incoming, host && standingOf(host), last)
      const { status, progress } = await commits.add(prepared)
      if (status === 'stored') last.accept(prepared)
      return {
        seq: prepared.identity.seq,
        status,
        contiguousSeq: progress.contiguousSeq,
        quarantined: status === 'stored' ? prepared.leftOut : [],
        commandsPending: false,
      }
    },
  }
}

export type Plane = ReturnType<typeof controlPlane>

/**
 * The control plane's ingest on a real database, in `processes` behind a balancer, each of which can be made to crash
 * before or after its next commit. `pick` chooses who gets a request. A request that meets a crash is never answered.
 */
export const controlPlane = (options: {
  sql: Pool
  known: Map<number, Known>
  now: () => number
  processes: number
  pick: () => number
}) => {
  const { sql, known, now, processes, pick } = options
  const running = Array.from({ length: processes }, (_, i) => ingestProcess(sql, known, () => restart(i)))
  const restart = (i: number) => {
    running[i] = ingestProcess(sql, known, () => restart(i))
  }
  const busy = new Set<Promise<unknown>>()
  const failures: unknown[] = []
  let crashes = 0

  const answer = (status: number, json: object): HttpAnswer => ({
    status,
    headers: {},
    body: Buffer.from(JSON.stringify({ ...json, serverTimeMs: now() })),
  })

  const handle = async (request: HttpRequest): Promise<HttpAnswer | null> => {
    if (request.url.pathname === '/v1/agents/commands') {
      const { hostId } = claimedIdentity(request.headers)
      const [row] = await sql<{ contiguousSeq: bigint; maxSeq: bigint }[]>`
        select contiguous_seq, max_seq from host_progress where host_id = ${hostId}`
      const contiguousSeq = Number(row?.contiguousSeq ?? 0)
      return answer(200, { commands: [], contiguousSeq, maxSeq: Number(row?.maxSeq ?? 0) })
    }
    if (request.url.pathname !== '/v1/reports') return answer(200, {})
    const process = running[pick() % processes]!
    try {
      const stored = await process.take(request, now())
      return process.isDead() ? null : answer(200, stored)
    } catch (error) {
      if (process.isDead()) return null
      if (!(error instanceof DomainError)) throw error
      return answer(statusOf(error.code), { error: { code: error.code, message: error.message, path: error.path } })
    }
  }

  return {
    /** Never settles where the process that took the request crashed. */
    send: (request: HttpRequest): Promise<HttpAnswer> =>
      new Promise((resolve, reject) => {
        const work = handle(request).then(
          (result) => result && resolve(result),
          (error: unknown) => {
            failures.push(error)
            reject(error instanceof Error ? error : new Error(String(error)))
          },
        )
        busy.add(work)
        void work.finally(() => busy.delete(work))
      }),
    crash(fault: Fault) {
      crashes++
      running[pick() % processes]!.crashNext(fault)
    },
    crashes: () => crashes,
    /** What failed that never should. */
    failures: (): readonly unknown[] => failures,
    /** Resolves when nothing that was sent is under way any more. */
    async settled() {
      while (busy.size > 0) await Promise.all(busy)
    },
  }
}
