import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { readHostMinutes, readHosts } from './hostSql.ts'
import { cpuPercentOf } from './readings.ts'
import { gaps, gauges, gridOf, rates, timesOf, upToLast } from './series.ts'
import type { WindowName } from './series.ts'

const MOST_FILE_SYSTEMS = 5

/** A host's readings over a window, aligned to `times`, with the gaps in them. */
export const hostSeries = async ({ sql, now }: Context, hostId: number, window: WindowName) => {
  const [host] = await readHosts(sql, now, { id: hostId, withRevoked: true })
  if (!host) throw new DomainError('NOT_FOUND', `no host ${hostId}`)
  const whole = gridOf(window, now)
  const readings = await readHostMinutes(sql, hostId, whole)
  const grid = upToLast(whole, readings.at(-1)?.endMs)
  const mounts = [...new Set(readings.flatMap(({ fileSystems }) => fileSystems.map(({ mount }) => mount)))]
  return {
    times: timesOf(grid),
    stepMinutes: grid.stepMinutes,
    cpuPercent: rates(grid, readings, 'cpuUs').map((busy) => cpuPercentOf(busy, host.cores)),
    memoryUsedMib: gauges(grid, readings, (r) => r.memoryUsedMib),
    load1: gauges(grid, readings, (r) => r.load1),
    rxBytes: rates(grid, readings, 'rxBytes'),
    txBytes: rates(grid, readings, 'txBytes'),
    cpuPressure: gauges(grid, readings, (r) => r.cpuPressure),
    memoryPressure: gauges(grid, readings, (r) => r.memoryPressure),
    ioPressure: gauges(grid, readings, (r) => r.ioPressure),
    disks: mounts.slice(0, MOST_FILE_SYSTEMS).map((mount) => ({
      mount,
      totalMib: readings.at(-1)?.fileSystems.find((fs) => fs.mount === mount)?.totalMib ?? null,
      usedMib: gauges(grid, readings, (r) => r.fileSystems.find((fs) => fs.mount === mount)?.usedMib ?? null),
    })),
    gaps: gaps(
      grid,
      readings.map(({ endMs }) => endMs),
      Math.max(host.enrolledAt.getTime(), 0),
    ),
  }
}
