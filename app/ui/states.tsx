import { Button } from './button.tsx'
import { Glyph } from './glyph.tsx'
import { Time } from './time.tsx'
import type { Instant } from './when.ts'

/**
 * Nothing to show, and why. First use: what will appear and one action. Good news: since when. Filtered: what the
 * filter was, with a link that clears it in `action`.
 */
export function Empty({
  title,
  children,
  action,
}: {
  title: string
  children?: React.ReactNode
  action?: React.ReactNode
}) {
  return (
    <div className="note-block">
      <b>{title}</b>
      {children && <p>{children}</p>}
      {action}
    </div>
  )
}

/** What failed, what still works, the error's id, and a way to try again. */
export function ErrorPanel({
  title,
  children,
  errorId,
  retry,
}: {
  title: string
  children?: React.ReactNode
  errorId?: string | undefined
  retry?: (() => void) | undefined
}) {
  return (
    <div className="note-block" role="alert">
      <b className="bad">
        <Glyph status="major" />
        {title}
      </b>
      {children && <p>{children}</p>}
      <div className="row">
        {retry && (
          <Button size="sm" icon="retry" onClick={retry}>
            Retry
          </Button>
        )}
        {errorId && <span className="mono dim text-xs">err {errorId}</span>}
      </div>
    </div>
  )
}

/** Which role is needed and who can grant it: a role, not a person. */
export function Forbidden({ needs, grantedBy = 'an owner of the account' }: { needs: string; grantedBy?: string }) {
  return (
    <div className="note-block">
      <b>This needs the role {needs}</b>
      <p>Your role does not reach it. It can be granted by {grantedBy}.</p>
    </div>
  )
}

const WIDTHS = [
  [28, 70, 130],
  [28, 64, 108],
  [28, 72, 140],
  [28, 66, 96],
] as const

/** Grey lines at the final size, after 200 ms. `rows` as many as will come. */
export function Skeleton({ rows = 4, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, row) => (
        <div className="line" key={row}>
          {WIDTHS[row % WIDTHS.length]?.map((width) => (
            <i key={width} style={{ width }} />
          ))}
        </div>
      ))}
    </div>
  )
}

/** A page that loads: its head and panels, still empty. */
export function PageSkeleton({ title, panels = 2 }: { title: string; panels?: number }) {
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{title}</h1>
        </div>
      </div>
      <div className="stack">
        {Array.from({ length: panels }, (_, panel) => (
          <div className="panel" key={panel}>
            <Skeleton rows={6} />
          </div>
        ))}
      </div>
    </>
  )
}

/** A figure older than two intervals: quieter, dashed, with its age. */
export function Stale({ children, asOf }: { children: React.ReactNode; asOf: Instant }) {
  return (
    <>
      <span className="stale">{children}</span>{' '}
      <span className="dim text-xs font-normal tracking-normal">
        as of <Time at={asOf} />
      </span>
    </>
  )
}

/** Inside a panel whose data is late or has gaps: "Metered to 03:11 UTC, 1 gap of 4 min." */
export function Partial({ children }: { children: React.ReactNode }) {
  return (
    <div className="banner bar st-unknown" role="note">
      <Glyph status="unknown" />
      <div>{children}</div>
    </div>
  )
}
