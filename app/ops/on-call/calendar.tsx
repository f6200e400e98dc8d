import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import type { Person } from './words.ts'

type Shift = { from: Date; until: Date; userId: string | null; layer: string | null; name: string }

const WEEK_MS = 7 * 86_400_000

/** The coming weeks, a row each, and the next handovers as a list. Times are UTC. */
export function Calendar({
  label,
  shifts,
  people,
}: {
  label: string
  shifts: readonly Shift[]
  people: readonly Person[]
}) {
  const [first] = shifts
  const last = shifts.at(-1)
  if (!first || !last) return null
  const weeks = Math.ceil((last.until.getTime() - first.from.getTime()) / WEEK_MS)
  const begins = Array.from({ length: weeks }, (_, n) => first.from.getTime() + n * WEEK_MS)
  const next = shifts.slice(0, 8)
  return (
    <>
      <ul className="turns" aria-hidden="true">
        {begins.map((at) => (
          <li key={at}>
            <span>{dayOf(at)}</span>
            <div className="turns-bar">
              {shifts
                .filter(({ from, until }) => from.getTime() < at + WEEK_MS && until.getTime() > at)
                .map((shift) => {
                  const left = Math.max(0, (shift.from.getTime() - at) / WEEK_MS)
                  const right = Math.min(1, (shift.until.getTime() - at) / WEEK_MS)
                  const who = people.findIndex(({ id }) => id === shift.userId)
                  const look = shift.userId === null ? 'none' : who % 2 === 1 ? 'odd' : ''
                  return (
                    <span
                      key={shift.from.getTime()}
                      className={look}
                      title={`${shift.name}${shift.layer === null && shift.userId !== null ? ', override' : ''}`}
                      style={{ left: `${left * 100}%`, width: `${(right - left) * 100}%` }}
                    >
                      {shift.name}
                    </span>
                  )
                })}
            </div>
          </li>
        ))}
      </ul>
      <Table
        label={label}
        rows={next}
        rowKey={({ from }) => String(from.getTime())}
        columns={[
          { head: 'On call', phone: 'title', cell: ({ name }) => name },
          { head: 'From', cell: ({ from }) => <Time at={from} show="absolute" /> },
          { head: 'Until', cell: ({ until }) => <Time at={until} show="absolute" /> },
          {
            head: 'By',
            phone: 'state',
            cell: ({ layer, userId }) => (userId === null ? '–' : (layer ?? 'override')),
          },
        ]}
      />
    </>
  )
}

const dayOf = (ms: number) =>
  new Date(ms).toLocaleDateString('en-GB', { day: '2-digit', month: 'short', timeZone: 'UTC' })
