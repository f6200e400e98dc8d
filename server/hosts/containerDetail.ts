import { METERS } from '#agents/protocol.ts'
import type { Meter } from '#agents/protocol.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import {
  readAttribution,
  readContainers,
  readEpochsOf,
  readFindings,
  readLastTotals,
  readReports,
  readTotals,
} from './containerSql.ts'
import { endOfMinute } from './readings.ts'
import type { Reading } from './readings.ts'
import { gridOf, rates, sum, timesOf, upToLast } from './series.ts'
import type { WindowName } from './series.ts'
import { listCommands } from './sql.ts'

const ZERO = Object.fromEntries(METERS.map((meter) => [meter, 0])) as Record<Meter, number>

/** One life of a container with its owner, its storage, what was done to it and what proves its figures. */
export const containerDetail = async ({ sql }: Context, hostId: number, epoch: number) => {
  const [container] = await readContainers(sql, { hostId, epoch, state: 'all', limit: 1 })
  if (!container) throw new DomainError('NOT_FOUND', `host ${hostId} has no container with the epoch ${epoch}`)
  const epochs = await readEpochsOf(sql, hostId, container.containerId)
  const [attribution, commands, reports, findings, totals] = await Promise.all([
    readAttribution(sql, hostId, epoch),
    listCommands(sql, hostId, { containerId: container.containerId, limit: 20 }),
    readReports(sql, hostId),
    readFindings(
      sql,
      hostId,
      epochs.map((one) => one.epoch),
    ),
    readLastTotals(sql, hostId, epoch),
  ])
  const life = epochs.find((one) => one.epoch === epoch)
  return {
    container,
    life: life ?? null,
    lives: epochs.filter(({ kind }) => kind === 'container'),
    objects: epochs.filter(({ kind }) => kind !== 'container'),
    attribution,
    commands,
    reports,
    findings,
    totals: totals
      ? { at: new Date(endOfMinute(totals.minute)), ...Object.fromEntries(METERS.map((m) => [m, totals[m]])) }
      : null,
  }
}

/** A container's meters over a window, aligned to `times`: rates a second, and MiB held for what is a gauge. */
export const containerSeries = async ({ sql, now }: Context, hostId: number, epoch: number, window: WindowName) => {
  const [container] = await readContainers(sql, { hostId, epoch, state: 'all', limit: 1 })
  if (!container) throw new DomainError('NOT_FOUND', `host ${hostId} has no container with the epoch ${epoch}`)
  const whole = gridOf(window, now)
  const epochs = await readEpochsOf(sql, hostId, container.containerId)
  const objects = epochs.filter(({ kind }) => kind !== 'container').map((one) => one.epoch)
  const totals = await readTotals(sql, hostId, [epoch, ...objects], whole)
  const grid = upToLast(whole, totals.get(epoch)?.at(-1)?.endMs)
  const opened = new Map(epochs.map((one) => [one.epoch, one.openedAt.getTime()]))
  // Every total was zero when its epoch opened: a reading too.
  const readings = (of: number): Reading<Meter>[] => {
    const openedMs = opened.get(of)
    return [...(openedMs === undefined ? [] : [{ endMs: openedMs, ...ZERO }]), ...(totals.get(of) ?? [])]
  }
  const own = (meter: Meter) => rates(grid, readings(epoch), meter)
  const stored = (meter: Meter) => sum(...objects.map((of) => rates(grid, readings(of), meter)))
  const cores = (values: (number | null)[]) => values.map((value) => (value === null ? null : value / 1e6))
  return {
    times: timesOf(grid),
    stepMinutes: grid.stepMinutes,
    cpuCores: cores(own('cpuUs')),
    throttledCores: cores(own('throttledUs')),
    memoryMib: own('memoryMibS'),
    diskMib: stored('diskMibS'),
    volumesMib: stored('volumesMibS'),
    logsMib: stored('logsMibS'),
    rxBytes: own('rxBytes'),
    txBytes: own('txBytes'),
    readBytes: own('blockReadBytes'),
    writeBytes: own('blockWriteBytes'),
  }
}
