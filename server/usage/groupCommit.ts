import type { Pool, Tx } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import { connectionLost } from '../http.ts'
import { notify } from '../notices/notify.ts'
import { HOUR_MS } from '../time.ts'
import { askForRoll, storeMerging, storeNew } from './storeReports.ts'
import { commandsPending, progressFrom, type ProgressRow } from './storeProgress.ts'
import type { LabelNames, Prepared, Progress } from './prepared.ts'

/** What became of one report: stored now, known before, or in conflict with another of its number. */
export type Outcome = { status: 'stored' | 'duplicate'; progress: Progress }

type Waiting = { prepared: Prepared; done: (outcome: Outcome) => void; failed: (error: unknown) => void }

/** A group is closed when it holds so much; COPY gains little beyond it. */
const MOST_ROWS = 8_000
const MOST_REPORTS = 400
/**
 * While one group is under way the next one grows: COPY takes a third less time a row for 5,000 rows than for 1,500.
 * A second starts beside it where a full one waits, or where the first is slow: it may wait for another process's lock.
 */
const MOST_UNDER_WAY = 2
const SLOW_MS = 100
/** Long enough to gather what arrives together, short beside the commit itself. */
const GATHER_MS = 4
const ROLL_EVERY_MS = 2_000

/** What PostgreSQL says of values it cannot hold (SQLSTATE class 22): the report itself is at fault. */
const isUnstorable = (error: unknown) => String((error as { code?: unknown } | null)?.code).startsWith('22')

/** Commits concurrent reports together, then answers all of them. */
export class GroupCommit {
  readonly #sql: Pool
  readonly #labels: LabelNames
  #waiting: Waiting[] = []
  readonly #busyHosts = new Set<number>()
  #underWay = 0
  #slow = 0
  #timer: NodeJS.Timeout | undefined
  #rolledAtMs = 0
  #idle: (() => void)[] = []

  constructor(sql: Pool, labels: LabelNames) {
    this.#sql = sql
    this.#labels = labels
  }

  /** Resolves when the report is durable. @throws DomainError CONFLICT for another body under its number. */
  add(prepared: Prepared): Promise<Outcome> {
    return new Promise((done, failed) => {
      this.#waiting.push({ prepared, done, failed })
      this.#timer ??= setTimeout(() => this.#next(), GATHER_MS)
    })
  }

  get backlog(): number {
    return this.#waiting.length
  }

  /** Resolves when nothing waits or is under way. */
  drained(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #next() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    while (this.#mayStart()) {
      const group = this.#take()
      if (group.length === 0) return
      this.#underWay++
      let isSlow = 0
      const slow = setTimeout(() => {
        this.#slow += isSlow = 1
        this.#next()
      }, SLOW_MS)
      void this.#commit(group).finally(() => {
        clearTimeout(slow)
        this.#slow -= isSlow
        this.#underWay--
        for (const { prepared } of group) this.#busyHosts.delete(prepared.identity.hostId)
        if (this.#waiting.length > 0) this.#next()
        else if (this.#underWay === 0) for (const resolve of this.#idle.splice(0)) resolve()
      })
    }
  }

  #mayStart(): boolean {
    if (this.#waiting.length === 0 || this.#underWay >= MOST_UNDER_WAY) return false
    if (this.#underWay === this.#slow) return true
    return this.#waiting.reduce((rows, { prepared }) => rows + prepared.rowCount, 0) >= MOST_ROWS
  }

  /** A host is in one group at a time, so that groups never wait for each other's rows. */
  #take(): Waiting[] {
    const group: Waiting[] = []
    const left: Waiting[] = []
    const hosts = new Set<number>()
    let rows = 0
    for (const waiting of this.#waiting) {
      const { hostId } = waiting.prepared.identity
      const full = rows >= MOST_ROWS || group.length >= MOST_REPORTS
      if (full || this.#busyHosts.has(hostId)) {
        left.push(waiting)
        continue
      }
      group.push(waiting)
      hosts.add(hostId)
      rows += waiting.prepared.rowCount
    }
    for (const id of hosts) this.#busyHosts.add(id)
    this.#waiting = left
    return group
  }

  async #commit(group: Waiting[]) {
    const fresh = group.filter(({ prepared }) => !prepared.overlaps)
    const merging = group.filter(({ prepared }) => prepared.overlaps)
    try {
      if (fresh.length > 0) await this.#commitTogether(fresh)
    } catch (error) {
      if (connectionLost(error)) return group.forEach(({ failed }) => failed(error))
      // One of them is known already, or cannot be stored: that must not be the others' loss.
      merging.push(...fresh)
    }
    for (const waiting of merging) await this.#commitAlone(waiting)
  }

  async #commitTogether(group: Waiting[]) {
    const known = await this.#sql.begin(async (tx) => {
      const progress = await storeNew(
        tx,
        group.map(({ prepared }) => prepared),
        this.#labels,
      )
      await this.#askForRoll(tx)
      return progress
    })
    for (const { prepared, done } of group) {
      done({ status: 'stored', progress: known.get(prepared.identity.hostId) ?? NOTHING })
    }
  }

  async #commitAlone({ prepared, done, failed }: Waiting) {
    try {
      const known = await this.#sql.begin(async (tx) => {
        const progress = await storeMerging(tx, prepared, this.#labels)
        if (progress) await this.#askForRoll(tx)
        return progress
      })
      const { hostId } = prepared.identity
      if (known) return done({ status: 'stored', progress: known.get(hostId) ?? NOTHING })
      done({ status: 'duplicate', progress: await this.#repeated(prepared) })
    } catch (error) {
      if (!isUnstorable(error)) return failed(error)
      const { message } = error as Error
      failed(
        new DomainError('BAD_REQUEST', `the report cannot be stored: ${message}`, { path: 'report', cause: error }),
      )
    }
  }

  /** A number that is known: the same body is a repeat, another one is set aside and refused. */
  async #repeated({ identity }: Prepared): Promise<Progress> {
    const { hostId, seq, digest } = identity
    const [row] = await this.#sql<(ProgressRow & { digest: string })[]>`
      select encode(k.digest, 'hex') as digest, p.host_id, p.contiguous_seq, p.max_seq, ${commandsPending(this.#sql)}
      from report_key k join host_progress p on p.host_id = k.host_id where k.host_id = ${hostId} and k.seq = ${seq}`
    if (row?.digest === digest) return progressFrom(row)
    await this.#sql.begin(async (tx) => {
      const added = await tx`insert into quarantine (host_id, seq, kind, path, reason, content)
        values (${hostId}, ${seq}, 'conflict', ${`report ${digest}`}, 'another body came under a number already taken',
          ${JSON.stringify({ kept: row?.digest, refused: digest })}::text::jsonb)
        on conflict (host_id, seq, path) do nothing returning 1`
      if (added.length > 0) await tellOperators(tx, hostId, seq)
    })
    throw new DomainError('CONFLICT', `report ${seq} is known with another body; go on after maxSeq`, { path: 'seq' })
  }

  async #askForRoll(tx: Parameters<typeof askForRoll>[0]) {
    const nowMs = Date.now()
    if (nowMs - this.#rolledAtMs < ROLL_EVERY_MS) return
    this.#rolledAtMs = nowMs
    await askForRoll(tx, nowMs)
  }
}

const NOTHING: Progress = { contiguousSeq: 0, maxSeq: 0, commandsPending: false }

/** One notice a host and hour: an agent that runs twice conflicts with every report. */
const tellOperators = async (tx: Tx, hostId: number, seq: number) => {
  const now = new Date()
  const [host] = await tx<{ name: string }[]>`select name from host where id = ${hostId}`
  const name = host?.name ?? `Host ${hostId}`
  await notify(
    tx,
    { now },
    {
      audience: 'operators',
      severity: 'warning',
      kind: 'usage.conflict',
      title: `${name} sent two reports under one number`,
      body: `Report ${seq} came again with another body. The first one counts; the other is set aside with both digests. Look whether two agents run with this host's key (a copied virtual machine or disk); if so, enrol one of them anew.`,
      href: `/ops/hosts/${hostId}`,
      key: `host:${hostId}:conflict:${Math.floor(now.getTime() / HOUR_MS)}`,
    },
  )
}
