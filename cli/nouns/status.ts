import { connect, controlPlane } from '../client.ts'
import { Failure } from '../failure.ts'
import { facts, json, number, out, time } from '../print.ts'
import { verb } from '../verb.ts'

const TIMEOUT_MS = 5_000

const probe = async (path: string): Promise<boolean> => {
  try {
    return (await fetch(controlPlane() + path, { signal: AbortSignal.timeout(TIMEOUT_MS) })).ok
  } catch {
    return false
  }
}

export const status = verb('Say whether the control plane serves, and how its fleet is.', {}, async (args) => {
  const [healthy, ready] = await Promise.all([probe('/healthz'), probe('/readyz')])
  if (!healthy) throw new Failure(`${controlPlane()} does not answer; is it running, and is WHARF_URL right?`)
  if (!ready)
    throw new Failure(`${controlPlane()} runs but is not ready: its database is away, or it is starting or stopping`)
  const { figures } = await connect().hosts.fleet.query()
  if (args.json) return out(json({ url: controlPlane(), healthy, ready, ...figures }))
  out(
    facts([
      ['control plane', `${controlPlane()} is ready`],
      ['hosts', `${figures.reporting} of ${figures.hosts} report, ${figures.stale} silent`],
      ['containers', figures.containers],
      ['cpu, p95 host', figures.cpuP95 === null ? null : `${number(figures.cpuP95)} %`],
      ['open violations', figures.openViolations],
      ['newest report', time(figures.newestAt)],
      ['usage pending', `${figures.pending + figures.stale} hosts`],
      ['quarantined', figures.quarantined],
    ]),
  )
})
