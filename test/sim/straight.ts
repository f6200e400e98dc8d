import { createPrivateKey } from 'node:crypto'
import type { Pool } from '#db/client.ts'
import { decodeReport } from '#agents/host/report.ts'
import { signedHeaders } from '#agents/host/sign.ts'
import { sha256Hex } from '#agents/protocol.ts'
import { LastReadings } from '#server/usage/lastReadings.ts'
import { prepareReport, REPORTS_PATH } from '#server/usage/prepareReport.ts'
import { storeMerging } from '#server/usage/storeReports.ts'
import { LABELS, standingOf } from './plane.ts'
import type { WorldHost } from './world.ts'

/** The bodies that a store took from a host, in the order they were made. */
export const evidenceOf = async (
  sql: Pool,
  hostId: number,
): Promise<{ seq: number; digest: string; body: Buffer }[]> => {
  const rows = await sql<{ seq: bigint; body: Buffer }[]>`
    select seq, body from report_body where host_id = ${hostId} order by seq`
  return rows.map(({ seq, body }) => ({ seq: Number(seq), digest: sha256Hex(body), body }))
}

/**
 * The straight run: each report reaches the store once, in order, in the very moment it was made, by one process that
 * never ends. Gives how many rows were left out.
 */
export const runStraight = async (sql: Pool, host: WorldHost, reports: readonly { seq: number; body: Buffer }[]) => {
  const last = new LastReadings()
  const signer = { ...host.identity, key: createPrivateKey(host.identity.privateKey) }
  const boots = host.boots()
  let leftOut = 0
  await sql.begin(async (tx) => {
    for (const { seq, body } of reports) {
      const { bootId, clock } = decodeReport(body)
      const madeMs = (boots.get(bootId) ?? Number.NaN) + clock.monoMs
      const moment = { timeMs: madeMs, bootId, monoMs: clock.monoMs }
      const headers = {
        'content-encoding': 'gzip',
        ...signedHeaders(signer, moment, 'POST', REPORTS_PATH, seq, body),
      }
      const prepared = prepareReport({ headers, body, receivedAtMs: madeMs }, standingOf(host.known), last)
      leftOut += prepared.leftOut.length
      await storeMerging(tx, prepared, LABELS)
      last.accept(prepared)
    }
  })
  return leftOut
}
