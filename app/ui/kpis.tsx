import { Glyph, type Status } from './glyph.tsx'

export type Kpi = {
  label: string
  /** The figure: `<Qty>`, or `<Evidence>` around one. */
  figure: React.ReactNode
  /** What it is of, or how it moved: "2 silent", "+2.1 pt in 1 h". */
  note?: React.ReactNode
  /** Marks the label; give it only when the figure is a trouble. */
  status?: Status
  /** A `<Sparkline>`. */
  chart?: React.ReactNode
}

/** Figures of a page in one panel divided by hairlines. `tight` for a strip inside another panel. */
export function KpiStrip({ of, tight = false, label }: { of: readonly Kpi[]; tight?: boolean; label?: string }) {
  const strip = (
    <dl className={`kpis ${tight ? 'tight' : ''}`}>
      {of.map((kpi) => (
        <div className="kpi" key={kpi.label}>
          <dt>
            {kpi.label}
            {kpi.status && (
              <span className={`st-${kpi.status} inline-flex`}>
                <Glyph status={kpi.status} />
                <span className="vh">{kpi.status}</span>
              </span>
            )}
          </dt>
          <dd className="big">{kpi.figure}</dd>
          {(kpi.note || kpi.chart) && (
            <dd className="note">
              {kpi.note && <span>{kpi.note}</span>}
              {kpi.chart}
            </dd>
          )}
        </div>
      ))}
    </dl>
  )
  if (tight) return strip
  return (
    <section className="panel overflow-hidden" aria-label={label ?? 'Figures'}>
      {strip}
    </section>
  )
}
