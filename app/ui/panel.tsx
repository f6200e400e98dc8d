import { useId } from 'react'

/** The top of a page: its name, one line of context, its actions. `sub` states the scope and the as-of time. */
export function PageHead({
  title,
  sub,
  actions,
}: {
  title: React.ReactNode
  sub?: React.ReactNode
  actions?: React.ReactNode
}) {
  return (
    <div className="page-head">
      <div>
        <h1>{title}</h1>
        {sub && <div className="sub">{sub}</div>}
      </div>
      {actions && <div className="end">{actions}</div>}
    </div>
  )
}

/** One question, answered in one box. `flush` for tables and lists, which bring their own padding. */
export function Panel({
  title,
  sub,
  badge,
  actions,
  foot,
  flush = false,
  level = 2,
  id,
  className = '',
  children,
}: {
  title?: React.ReactNode
  sub?: React.ReactNode
  badge?: React.ReactNode
  actions?: React.ReactNode
  foot?: React.ReactNode
  flush?: boolean
  level?: 2 | 3
  id?: string
  className?: string
  children?: React.ReactNode
}) {
  const heading = useId()
  const H = level === 2 ? 'h2' : 'h3'
  return (
    <section id={id} className={`panel ${className}`} aria-labelledby={title ? heading : undefined}>
      {title && (
        <div className="panel-head">
          <H id={heading}>{title}</H>
          {badge}
          {sub && <span className="sub">{sub}</span>}
          {actions && <div className="end">{actions}</div>}
        </div>
      )}
      {flush ? children : <div className="panel-body">{children}</div>}
      {foot && <div className="panel-foot">{foot}</div>}
    </section>
  )
}

/** Pairs of a word and a fact, as in an evidence popover or beside an object. */
export function Facts({
  of,
  className = '',
}: {
  of: readonly (readonly [string, React.ReactNode])[]
  className?: string
}) {
  return (
    <dl className={`facts ${className}`}>
      {of.map(([term, fact]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{fact}</dd>
        </div>
      ))}
    </dl>
  )
}
