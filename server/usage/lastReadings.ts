import type { Sql } from '#db/client.ts'
import type { LastReading } from './plausible.ts'
import type { Prepared } from './prepared.ts'

type HostReadings = { epochs: Map<number, Float64Array>; boots: Map<string, number>; usedAtMs: number }

const IDLE_MS = 15 * 60_000

/** The newest accepted reading of every epoch of the hosts that report here, and the anchors of their boots. */
export class LastReadings {
  readonly #hosts = new Map<number, HostReadings>()
  #sweptAtMs = 0

  /** By epoch; undefined where the host is not known here. */
  of(hostId: number): ReadonlyMap<number, LastReading> | undefined {
    return this.#hosts.get(hostId)?.epochs
  }

  anchorOf(hostId: number, bootId: string): number | undefined {
    return this.#hosts.get(hostId)?.boots.get(bootId)
  }

  isKnown(hostId: number): boolean {
    return this.#hosts.has(hostId)
  }

  /** Takes a report's rows as accepted. Called once they are committed. */
  accept({ identity, report, anchor, placed, receivedAtMs }: Prepared): void {
    const host = this.#host(identity.hostId, receivedAtMs)
    if (!host.boots.has(report.bootId)) host.boots.set(report.bootId, anchor.anchorMs)
    for (const { minute, rows } of placed) {
      for (const row of rows) {
        const epoch = row[0] ?? 0
        let last = host.epochs.get(epoch)
        // One array an epoch, written over: a million of them stay out of the collector's way.
        if (!last) host.epochs.set(epoch, (last = new Float64Array(row.length)))
        else if (minute < (last[0] ?? 0)) continue
        last[0] = minute
        for (let i = 1; i < row.length; i++) last[i] = row[i] ?? 0
      }
    }
    for (const event of report.events) if (event.kind === 'die') host.epochs.delete(event.epoch)
    this.#sweep(receivedAtMs)
  }

  /** Reads what the store knows of hosts that report here for the first time since the process started. */
  async load(sql: Sql, hostIds: readonly number[], nowMs: number): Promise<void> {
    const ids = [...hostIds]
    const [readings, boots] = await Promise.all([
      sql<{ hostId: number; cells: string[] }[]>`
        select e.host_id, array[m.minute, e.epoch, m.cpu_us, m.throttled_us, m.memory_mib_s, m.disk_mib_s, m.volumes_mib_s,
          m.logs_mib_s, m.rx_bytes, m.tx_bytes, m.block_read_bytes, m.block_write_bytes]::text[] as cells
        from epoch e cross join lateral (
          select * from usage_minute u where u.host_id = e.host_id and u.epoch = e.epoch order by u.minute desc limit 1) m
        where e.host_id = any(${ids}::int[]) and e.ended_at is null`,
      sql<{ hostId: number; bootId: string; anchorMs: bigint }[]>`
        select host_id, boot_id, anchor_ms from host_boot where host_id = any(${ids}::int[])`,
    ])
    for (const id of ids) this.#host(id, nowMs)
    for (const { hostId, cells } of readings) {
      const [minute = 0, epoch = 0, ...totals] = cells.map(Number)
      this.#host(hostId, nowMs).epochs.set(epoch, Float64Array.of(minute, ...totals))
    }
    for (const boot of boots) this.#host(boot.hostId, nowMs).boots.set(boot.bootId, Number(boot.anchorMs))
  }

  #host(hostId: number, nowMs: number): HostReadings {
    let host = this.#hosts.get(hostId)
    if (!host) this.#hosts.set(hostId, (host = { epochs: new Map(), boots: new Map(), usedAtMs: nowMs }))
    host.usedAtMs = nowMs
    return host
  }

  #sweep(nowMs: number) {
    if (nowMs - this.#sweptAtMs < IDLE_MS) return
    this.#sweptAtMs = nowMs
    for (const [id, host] of this.#hosts) if (nowMs - host.usedAtMs > IDLE_MS) this.#hosts.delete(id)
  }
}
