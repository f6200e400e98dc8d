import type { Caller } from '#server/router.ts'
import { TimeSeries } from '../../../ui/chart.tsx'
import { figure, text } from '../../../ui/format.ts'
import { WINDOW_WORDS, bytesOfMib, lastOf, type WindowName } from '../window.ts'

type Series = Awaited<ReturnType<Caller['hosts']['series']>>
type Host = Awaited<ReturnType<Caller['hosts']['get']>>['host']

const now = (kind: 'percent' | 'bytes' | 'bytesPerS' | 'count', value: number | null) =>
  value === null ? 'not read' : text(figure(kind, value))

/** A host's readings over the window. What was not read stays a gap. */
export function HostCharts({ series, host, window }: { series: Series; host: Host; window: WindowName }) {
  const { times, stepMinutes } = series
  const span = `${stepMinutes === 1 ? '1 min' : `${stepMinutes} min`} steps, ${WINDOW_WORDS[window]}`
  const [disk] = series.disks
  const hasPressure = [series.cpuPressure, series.memoryPressure, series.ioPressure].some((one) => lastOf(one) !== null)
  return (
    <div className="split">
      <TimeSeries
        title="CPU"
        sub={`% of ${host.cores ?? '?'} cores, ${span}`}
        finding={`CPU is at ${now('percent', lastOf(series.cpuPercent))} of all cores.`}
        kind="percent"
        times={times}
        series={[{ label: 'CPU', values: series.cpuPercent }]}
        csvName={`${host.name}-cpu`}
      />
      <TimeSeries
        title="Memory"
        sub={`in use, ${span}`}
        finding={`Memory in use is ${now('bytes', (lastOf(series.memoryUsedMib) ?? 0) * 1_048_576)}.`}
        kind="bytes"
        times={times}
        series={[{ label: 'Used', values: bytesOfMib(series.memoryUsedMib) }]}
        {...(host.memoryTotalMib ? { limits: [{ value: host.memoryTotalMib * 1_048_576, label: 'installed' }] } : {})}
        csvName={`${host.name}-memory`}
      />
      <TimeSeries
        title="Load"
        sub={`1 min average, ${span}`}
        finding={`The load average is ${now('count', lastOf(series.load1))}.`}
        kind="count"
        times={times}
        series={[{ label: 'Load', values: series.load1 }]}
        {...(host.cores ? { limits: [{ value: host.cores, label: 'cores' }] } : {})}
        csvName={`${host.name}-load`}
      />
      <TimeSeries
        title="Network"
        sub={`bytes a second, ${span}`}
        finding={`It receives ${now('bytesPerS', lastOf(series.rxBytes))} and sends ${now('bytesPerS', lastOf(series.txBytes))}.`}
        kind="bytesPerS"
        times={times}
        series={[
          { label: 'Received', values: series.rxBytes },
          { label: 'Sent', values: series.txBytes },
        ]}
        csvName={`${host.name}-network`}
      />
      <TimeSeries
        title="Disk"
        sub={`used by file system, ${span}`}
        finding={
          disk
            ? `${disk.mount} holds ${now('bytes', (lastOf(disk.usedMib) ?? 0) * 1_048_576)}.`
            : 'No file system was read.'
        }
        kind="bytes"
        times={times}
        series={series.disks.map(({ mount, usedMib }) => ({ label: mount, values: bytesOfMib(usedMib) }))}
        csvName={`${host.name}-disk`}
      />
      {hasPressure && (
        <TimeSeries
          title="Pressure"
          sub={`share of time stalled, ${span}`}
          finding={`Work waits for CPU ${now('percent', lastOf(series.cpuPressure))} of the time.`}
          kind="pressure"
          times={times}
          series={[
            { label: 'CPU', values: series.cpuPressure },
            { label: 'Memory', values: series.memoryPressure },
            { label: 'I/O', values: series.ioPressure },
          ]}
          csvName={`${host.name}-pressure`}
        />
      )}
    </div>
  )
}
