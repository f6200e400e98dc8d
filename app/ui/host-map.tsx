'use client'

import { Glyph } from './glyph.tsx'
import { Icon } from './symbol.tsx'

export type HostCell = {
  name: string
  href: string
  /** 0 to 100 of what the map is coloured by; `null` without a reading. */
  load: number | null
  state?: 'silent' | 'failed' | 'held' | undefined
  violation?: boolean | undefined
  case?: boolean | undefined
}

export type HostRow = { name: string; note?: React.ReactNode; badge?: React.ReactNode; hosts: readonly HostCell[] }

const heat = (load: number): number => Math.max(0, Math.min(5, Math.floor(load / 16.67)))

const wordsOf = (host: HostCell, what: string): string =>
  [
    host.load === null ? `${host.name}, no reading` : `${host.name}, ${what} ${Math.round(host.load)} %`,
    host.state,
    host.violation && 'quota violation',
    host.case && 'abuse case',
  ]
    .filter(Boolean)
    .join(', ')

/**
 * One cell a host: fill is load, marks are state, so the two never compete. The table beside it is its twin. A client
 * component, so that the server sends a thousand cells as data beside the markup, not as markup twice.
 */
export function HostMap({ rows, what = 'CPU' }: { rows: readonly HostRow[]; what?: string }) {
  return (
    <div className="host-rows">
      {rows.map((row) => (
        <div className="host-row" key={row.name}>
          <div className="host-row-label">
            <b className="truncate">{row.name}</b>
            <span>{row.note}</span>
            {row.badge}
          </div>
          <div className="host-cells">
            {row.hosts.map((host) => (
              <a
                key={host.name}
                href={host.href}
                className={cellClass(host)}
                // The table is the way by keyboard: a cell is under 24 px wide, and 128 stops are no help.
                tabIndex={-1}
                data-tip=""
                aria-label={wordsOf(host, what)}
              >
                <StateGlyph state={host.state} />
              </a>
            ))}
          </div>
        </div>
      ))}
    </div>
  )
}

function cellClass(host: HostCell): string {
  const fill = host.state ?? (host.load === null ? 'silent' : `heat-${heat(host.load)}`)
  return ['host', fill, host.violation ? 'violation' : '', host.case ? 'case' : ''].filter(Boolean).join(' ')
}

function StateGlyph({ state }: { state: HostCell['state'] }) {
  if (state === 'silent') return <Glyph status="unknown" />
  if (state === 'failed') return <Glyph status="major" />
  if (state === 'held') return <Icon name="pause" />
  return null
}

export type HostCounts = { violation?: number; case?: number; held?: number; failed?: number; silent?: number }

const MARKS: readonly { of: keyof HostCounts; word: string; look: string; state?: HostCell['state'] }[] = [
  { of: 'violation', word: 'Quota violation', look: 'heat-1 violation' },
  { of: 'case', word: 'Abuse case', look: 'heat-1 case' },
  { of: 'held', word: 'Drained', look: 'held', state: 'held' },
  { of: 'failed', word: 'Failed', look: 'failed', state: 'failed' },
  { of: 'silent', word: 'Silent', look: 'silent', state: 'silent' },
]

/** The map's ramp and marks with their counts. Only marks that are given a count are listed. */
export function HostMapLegend({ what, counts }: { what: string; counts: HostCounts }) {
  return (
    <div className="host-legend">
      <span className="dim">{what}</span>
      <span>
        0 %
        {[0, 1, 2, 3, 4, 5].map((step) => (
          <i key={step} className={`host heat-${step} -ml-1.5 first:ml-0`} />
        ))}
        100 %
      </span>
      <span className="flex-1" />
      {MARKS.map((mark) =>
        counts[mark.of] === undefined ? null : (
          <span key={mark.of}>
            <i className={`host ${mark.look}`}>
              <StateGlyph state={mark.state} />
            </i>
            {mark.word} {counts[mark.of]}
          </span>
        ),
      )}
    </div>
  )
}
