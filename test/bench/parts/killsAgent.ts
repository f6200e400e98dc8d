// Agents of several hosts in one process that is killed and started again: they make a report every so often, keep it in
// the agent's own spool on disk and deliver it by the agent's own code until it is acknowledged.
import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import { createApi } from '#agents/host/api.ts'
import { startDelivery } from '#agents/host/deliver.ts'
import { createTransport } from '#agents/host/http.ts'
import type { Recorder } from '#agents/host/recorder.ts'
import { encodeReport } from '#agents/host/report.ts'
import { openSpool } from '#agents/host/spool.ts'
import type { Time } from '#agents/host/time.ts'
import { reportOf, UPTIME_MS, type Fleet } from './killsFleet.ts'

const fleet = JSON.parse(process.argv[2] ?? '') as Fleet
const startedAtMs = Date.now()
const time: Time = {
  mono: () => UPTIME_MS + (Date.now() - fleet.bornAtMs),
  corrected: Date.now,
  learn: () => {},
} as unknown as Time

const fatal = (what: string) => {
  process.send?.({ fatal: what })
  process.exit(1)
}
const transport = createTransport()
const hosts = fleet.hosts.map((host) => {
  const spool = openSpool(join(fleet.dir, String(host.hostId)), { mostAcknowledged: 1e6, mostBytes: 2 ** 34 })
  const signer = { hostId: host.hostId, keyId: host.keyId, key: createPrivateKey(host.pem) }
  const delivery = startDelivery({
    api: createApi(fleet.url, signer, time, `boot-${host.hostId}`, transport.send),
    spool,
    // Its only use here would be a report that is refused or numbered twice, which must not happen.
    recorder: {
      reissue: (seq: number) => fatal(`report ${seq} of host ${host.hostId} is in conflict`),
      refuse: (seq: number, why: string) => fatal(`report ${seq} of host ${host.hostId} was refused: ${why}`),
    } as unknown as Recorder,
    log: () => {},
    wallMs: Date.now,
    onAnswer: (seq) => process.send?.({ acknowledged: seq, hostId: host.hostId, madeBefore: startedAtMs }),
  })
  return { host, spool, delivery }
})

let finishing = false
const work = () => {
  for (const { host, spool, delivery } of hosts) {
    const seq = spool.highest() + 1
    if (!finishing) spool.write(seq, encodeReport(reportOf(fleet, host.hostId, seq, time.mono())))
    delivery.wake()
  }
  if (!finishing) return
  if (hosts.every(({ spool }) => spool.pending().length === 0)) process.exit(0)
}
setInterval(work, fleet.everyMs)
process.on('message', (message) => {
  if (message === 'finish') finishing = true
})
// Killed together with whoever started it.
process.on('disconnect', () => process.exit(1))
