import type { Caller } from '#server/router.ts'
import { TimeSeries } from '../../../../../ui/chart.tsx'
import { figure, text } from '../../../../../ui/format.ts'
import { WINDOW_WORDS, bytesOfMib, lastOf, type WindowName } from '../../../window.ts'

type Series = Awaited<ReturnType<Caller['hosts']['containers']['series']>>
type Container = Awaited<ReturnType<Caller['hosts']['containers']['get']>>['container']

const MIB = 1_048_576
const said = (kind: 'cores' | 'bytes' | 'bytesPerS', value: number | null) =>
  value === null ? 'not read' : text(figure(kind, value))

/** A container's meters, each per minute, from the differences of its totals. */
export function ContainerCharts({
  series,
  container,
  window,
}: {
  series: Series
  container: Container
  window: WindowName
}) {
  const { times, stepMinutes } = series
  const span = `${stepMinutes} min means, ${WINDOW_WORDS[window]}`
  const { cpuMilli, memoryMib } = container.limits ?? {}
  return (
    <div className="split">
      <TimeSeries
        title="CPU"
        sub={`vCPU in use, ${span}`}
        finding={`It uses ${said('cores', lastOf(series.cpuCores))}.`}
        kind="cores"
        times={times}
        series={[
          { label: 'Used', values: series.cpuCores },
          { label: 'Throttled', values: series.throttledCores },
        ]}
        {...(cpuMilli ? { limits: [{ value: cpuMilli / 1000, label: 'limit' }] } : {})}
        csvName={`${container.name}-cpu`}
      />
      <TimeSeries
        title="Memory"
        sub={`held, ${span}`}
        finding={`It holds ${said('bytes', (lastOf(series.memoryMib) ?? 0) * MIB)}.`}
        kind="bytes"
        times={times}
        series={[{ label: 'Held', values: bytesOfMib(series.memoryMib) }]}
        {...(memoryMib ? { limits: [{ value: memoryMib * MIB, label: 'limit' }] } : {})}
        csvName={`${container.name}-memory`}
      />
      <TimeSeries
        title="Disk"
        sub={`held by kind, ${span}`}
        finding={`Its layer holds ${said('bytes', (lastOf(series.diskMib) ?? 0) * MIB)}, its log ${said('bytes', (lastOf(series.logsMib) ?? 0) * MIB)}.`}
        kind="bytes"
        times={times}
        series={[
          { label: 'Layer', values: bytesOfMib(series.diskMib) },
          { label: 'Volumes', values: bytesOfMib(series.volumesMib) },
          { label: 'Log', values: bytesOfMib(series.logsMib) },
        ]}
        csvName={`${container.name}-disk`}
      />
      <TimeSeries
        title="Network"
        sub={`bytes a second, ${span}`}
        caption="Traffic between containers is included; it is not priced."
        finding={`It receives ${said('bytesPerS', lastOf(series.rxBytes))} and sends ${said('bytesPerS', lastOf(series.txBytes))}.`}
        kind="bytesPerS"
        times={times}
        series={[
          { label: 'Received', values: series.rxBytes },
          { label: 'Sent', values: series.txBytes },
        ]}
        csvName={`${container.name}-network`}
      />
      <TimeSeries
        title="Block I/O"
        sub={`bytes a second, ${span}`}
        finding={`It reads ${said('bytesPerS', lastOf(series.readBytes))} and writes ${said('bytesPerS', lastOf(series.writeBytes))}.`}
        kind="bytesPerS"
        times={times}
        series={[
          { label: 'Read', values: series.readBytes },
          { label: 'Written', values: series.writeBytes },
        ]}
        csvName={`${container.name}-block`}
      />
    </div>
  )
}
