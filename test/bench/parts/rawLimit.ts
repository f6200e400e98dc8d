import { pipeline } from 'node:stream/promises'
import { Readable } from 'node:stream'
import type { Pool } from '#db/client.ts'
import { MinuteRows } from '#server/usage/copyRows.ts'
import { epochOf } from './reportLoad.ts'

const BATCH_ROWS = 5_000

/**
 * Rows a second of the best raw way to store the same rows under the same key in the same
 * PostgreSQL: binary COPY of payloads built beforehand, in batches of 5,000, over `streams` connections at once.
 */
export const rawRowsPerSecond = async (
  sql: Pool,
  hosts: readonly number[],
  containers: number,
  minutes: number,
  firstMinute: number,
  streams: number,
) => {
  await sql`drop table if exists limit_minute`
  await sql`create table limit_minute (like usage_minute including all)`
  const payloads: Buffer[] = []
  let rows = new MinuteRows()
  let total = 0
  const close = () => {
    if (rows.count > 0) payloads.push(rows.payload())
    rows = new MinuteRows()
  }
  for (let minute = 0; minute < minutes; minute++) {
    for (const hostId of hosts) {
      for (let c = 0; c < containers; c++) {
        const totals = Array.from({ length: 10 }, (_, m) => (minute + 1) * 31_000_007 + m * 1_911_113 + c)
        rows.add(hostId, firstMinute + minute, [epochOf(hostId, c), ...totals])
        total++
      }
      if (rows.count >= BATCH_ROWS) close()
    }
  }
  close()
  await sql`checkpoint`
  const startedAt = performance.now()
  const worker = async () => {
    for (let payload = payloads.shift(); payload; payload = payloads.shift()) {
      const one = payload
      await sql.begin(async (tx) => {
        await pipeline(Readable.from([one]), await tx`copy limit_minute from stdin (format binary)`.writable())
      })
    }
  }
  await Promise.all(Array.from({ length: streams }, worker))
  const rate = total / ((performance.now() - startedAt) / 1000)
  await sql`drop table limit_minute`
  return rate
}
