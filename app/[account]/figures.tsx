import type { Caller } from '#server/router.ts'
import { change, duration, text } from '../ui/format.ts'
import type { Kpi } from '../ui/kpis.tsx'
import { Qty } from '../ui/qty.tsx'
import { day } from '../ui/when.ts'

export type Present = Awaited<ReturnType<Caller['usage']['overview']>>['now']

const MIB = 1_048_576
const DAY_MS = 86_400_000

/** What runs now, as figures. */
export const presentFigures = (now: Present): Kpi[] => [
  { label: 'Running containers', figure: <Qty of="count" value={now.running} /> },
  { label: 'CPU now', figure: <Qty of="cores" value={now.cpuCores} />, note: 'over the last minute' },
  {
    label: 'Memory now',
    figure: <Qty of="bytes" value={now.memoryMib === null ? null : Math.round(now.memoryMib * MIB)} />,
    note: 'over the last minute',
  },
  { label: 'Storage now', figure: <Qty of="bytes" value={now.diskBytes + now.logBytes} />, note: <Logs of={now} /> },
]

const Logs = ({ of }: { of: Present }) => (
  <>
    of it logs <Qty of="bytes" value={of.logBytes} />
  </>
)

/** What a window is compared with: its days where it is at least two, else its length. */
export const comparedWords = ({ start, end }: { start: Date; end: Date }, now: Date): string =>
  end.getTime() - start.getTime() >= 2 * DAY_MS
    ? `${day(start, now)} to ${day(new Date(end.getTime() - 1), now)}`
    : `the ${duration(end.getTime() - start.getTime())} before`

/** "+12 % on the period before", in words where there is nothing to compare with. */
export const changeWords = (used: bigint, before: bigint, than: string): string =>
  before === 0n ? (used === 0n ? `as ${than}` : `nothing ${than}`) : `${text(change(used, before))} on ${than}`

/** The change alone, for a table's cell. */
export function Change({ used, before }: { used: bigint; before: bigint }) {
  return <Qty figure={change(used, before)} />
}
