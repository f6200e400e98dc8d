import { Glyph, type Status } from './glyph.tsx'

export type { Status } from './glyph.tsx'

const WORDS: Record<Status, string> = {
  operational: 'Operational',
  degraded: 'Degraded',
  partial: 'Partial outage',
  major: 'Major outage',
  maintenance: 'Maintenance',
  unknown: 'Unknown',
}

/**
 * Glyph, word and colour. `children` replaces the word: outcomes borrow a state with their own word
 * (done = operational, waiting = degraded, failed = major).
 */
export function StatusBadge({
  status,
  as = 'inline',
  children,
}: {
  status: Status
  as?: 'inline' | 'chip' | 'small'
  children?: React.ReactNode
}) {
  return (
    <span className={`st st-${status} ${as === 'inline' ? '' : as}`}>
      <Glyph status={status} />
      <span>{children ?? WORDS[status]}</span>
    </span>
  )
}

/** A state told across a panel (`bar={false}`) or the whole page under the top bar (`bar`). */
export function Banner({
  status,
  title,
  children,
  actions,
  bar = false,
  live = false,
}: {
  status: Status
  title?: React.ReactNode
  children?: React.ReactNode
  actions?: React.ReactNode
  bar?: boolean
  /** Announce it to screen readers when it appears after the page has loaded. */
  live?: boolean
}) {
  return (
    <div className={`banner st-${status} ${bar ? 'bar' : ''}`} role={live ? 'status' : undefined}>
      <Glyph status={status} />
      {title && <b>{title}</b>}
      {children && <div>{children}</div>}
      {actions}
    </div>
  )
}

/** Four bars and a word. Status says how the service is; severity says how we act. */
export function SeverityBadge({ severity }: { severity: 1 | 2 | 3 | 4 }) {
  return (
    <span className={`sev sev-${severity}`}>
      <svg width="15" height="12" viewBox="0 0 15 12" fill="currentColor" aria-hidden="true">
        {[1, 2, 3, 4].map((bar) => (
          <rect
            key={bar}
            x={(bar - 1) * 4}
            y={12 - bar * 3}
            width="3"
            height={bar * 3}
            rx=".6"
            opacity={bar <= 5 - severity ? undefined : 0.25}
          />
        ))}
      </svg>
      SEV{severity}
    </span>
  )
}

/** A neutral word in a box: a role, a label, a cluster. Not for status. */
export function Tag({ children }: { children: React.ReactNode }) {
  return <span className="tag">{children}</span>
}
