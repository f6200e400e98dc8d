/** The six states of a service, worst in the middle. Outcomes borrow three: done, waiting, failed. */
export type Status = 'operational' | 'degraded' | 'partial' | 'major' | 'maintenance' | 'unknown'

const PATHS: Record<Status, React.ReactNode> = {
  operational: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.7 5.1-4.3 5a.9.9 0 0 1-1.33.03L4.2 9.2a.9.9 0 0 1 1.3-1.25l1.17 1.23 3.66-4.25a.9.9 0 0 1 1.37 1.17Z"
    />
  ),
  degraded: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M6.9 1.9a1.27 1.27 0 0 1 2.2 0l6 10.6A1.27 1.27 0 0 1 14 14.4H2a1.27 1.27 0 0 1-1.1-1.9l6-10.6ZM8 5.2a.85.85 0 0 0-.85.9l.2 3a.65.65 0 0 0 1.3 0l.2-3A.85.85 0 0 0 8 5.2Zm0 5.4a.95.95 0 1 0 0 1.9.95.95 0 0 0 0-1.9Z"
    />
  ),
  partial: (
    <>
      <path
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinejoin="round"
        d="M8 1.4 14.6 8 8 14.6 1.4 8Z"
      />
      <path fill="currentColor" d="M8 1.4v13.2L1.4 8Z" />
    </>
  ),
  major: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M5.1 1h5.8L15 5.1v5.8L10.9 15H5.1L1 10.9V5.1L5.1 1Zm.95 3.8a.88.88 0 0 0-1.25 1.25L6.75 8 4.8 9.95a.88.88 0 0 0 1.25 1.25L8 9.25l1.95 1.95a.88.88 0 0 0 1.25-1.25L9.25 8l1.95-1.95A.88.88 0 0 0 9.95 4.8L8 6.75 6.05 4.8Z"
    />
  ),
  maintenance: (
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M3.4 1.5h9.2c1 0 1.9.9 1.9 1.9v9.2c0 1-.9 1.9-1.9 1.9H3.4c-1 0-1.9-.9-1.9-1.9V3.4c0-1 .9-1.9 1.9-1.9Zm1.1 3v7h2.2v-7Zm4.8 0v7h2.2v-7Z"
    />
  ),
  unknown: (
    <circle cx="8" cy="8" r="6.1" fill="none" stroke="currentColor" strokeWidth="1.7" strokeDasharray="2.6 2.19" />
  ),
}

/** The silhouette of a state. Never alone: a word stands beside it. */
export function Glyph({ status, className = '' }: { status: Status; className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      {PATHS[status]}
    </svg>
  )
}

/** The tally mark: Wharfinger's own sign. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <g fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round">
        <path d="M5 4v16M9.7 4v16M14.3 4v16M19 4v16" />
        <path d="M2 16.5 22 7.5" />
      </g>
    </svg>
  )
}
