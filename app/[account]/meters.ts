import type { Caller } from '#server/router.ts'
import type { Kind } from '../ui/format.ts'

export type Series = Awaited<ReturnType<Caller['usage']['series']>>
export type MeterName = Series['meter']
export type Amounts = Awaited<ReturnType<Caller['usage']['overview']>>['used']

export type MeterInfo = { name: MeterName; label: string; kind: Kind; what: string }

/** The meters that pages offer, with the words and units they are printed in. */
export const METERS: readonly MeterInfo[] = [
  { name: 'cpuUs', label: 'CPU', kind: 'cpuUs', what: 'processor time, vCPU-h' },
  { name: 'memoryMibS', label: 'Memory', kind: 'mibS', what: 'memory held over time, GiB-h' },
  { name: 'diskMibS', label: 'Disk', kind: 'mibS', what: 'writable layers over time, GiB-h' },
  { name: 'volumesMibS', label: 'Volumes', kind: 'mibS', what: 'volumes over time, GiB-h' },
  { name: 'logsMibS', label: 'Logs', kind: 'mibS', what: 'logs over time, GiB-h' },
  { name: 'txBytes', label: 'Egress', kind: 'bytes', what: 'bytes sent' },
  { name: 'rxBytes', label: 'Ingress', kind: 'bytes', what: 'bytes received' },
  { name: 'blockReadBytes', label: 'Disk reads', kind: 'bytes', what: 'bytes read from block devices' },
  { name: 'blockWriteBytes', label: 'Disk writes', kind: 'bytes', what: 'bytes written to block devices' },
]

const first = METERS[0] as MeterInfo

/** The meter a URL names, else CPU. */
export const meterOf = (name: string | undefined): MeterInfo => METERS.find((m) => m.name === name) ?? first

/** Disk, volumes and logs together. */
export const storage = (a: Amounts): bigint => a.diskMibS + a.volumesMibS + a.logsMibS

const NONE = Object.fromEntries(
  [...METERS.map((m) => m.name), 'throttledUs'].map((name) => [name, 0n]),
) as unknown as Amounts

/** The sum of several rows of amounts. */
export const summed = (rows: readonly Amounts[]): Amounts =>
  rows.reduce<Amounts>(
    (sum, row) =>
      Object.fromEntries(Object.keys(NONE).map((k) => [k, sum[k as MeterName] + row[k as MeterName]])) as Amounts,
    NONE,
  )
