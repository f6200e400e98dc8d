'use client'

import { lazy, Suspense, useEffect, useState } from 'react'
import { Button } from './button.tsx'
import { gapsOf, gapWords, type Series } from './chart-data.ts'
import { ChartTable } from './chart-table.tsx'
import type { Kind } from './format.ts'
import { useTimed } from './now.ts'
import { Panel } from './panel.tsx'
import { msOf, type Instant } from './when.ts'

const Plot = lazy(() => import('./plot.tsx'))

export type Mark = { at: Instant; label: string; href?: string }
export type Limit = { value: number; label: string }

export type TimeSeriesProps = {
  /** What. */
  title: string
  /** Unit, statistic and window. */
  sub?: React.ReactNode
  /** The chart in one sentence, for those who do not see it. */
  finding: string
  times: readonly Instant[]
  /** At most five, then "others". */
  series: readonly Series[]
  kind: Kind
  limits?: readonly Limit[]
  marks?: readonly Mark[]
  /** A range around what is foretold, drawn as an area and read out in words. */
  band?: { label: string; low: Series['values']; high: Series['values'] }
  /** From here on the buckets are not complete yet. */
  partialFrom?: Instant
  caption?: React.ReactNode
  csvName?: string
  height?: number
  /** Without its own panel, inside another. */
  bare?: boolean
}

/**
 * Lines over time. Exact values on hover and with the arrow keys, gaps stay gaps, and "Table" gives the same data and
 * CSV. The drawing code is loaded after first paint, into a box of its final size.
 */
export function TimeSeries(props: TimeSeriesProps) {
  const { title, sub, finding, series, kind, height = 220, bare = false, csvName } = props
  const [isTable, setTable] = useState(false)
  const [isMounted, setMounted] = useState(false)
  useEffect(() => setMounted(true), [])
  const times = props.times.map(msOf)
  const gaps = gapsOf(times, series)
  const missing = useTimed((now) => gapWords(gaps, now))
  const partial = props.partialFrom === undefined ? '' : 'The shaded end is not complete yet.'
  const words = [missing, partial].filter(Boolean).join(' ')
  const button = (
    <Button size="sm" variant="ghost" aria-pressed={isTable} onClick={() => setTable((now) => !now)}>
      {isTable ? 'Chart' : 'Table'}
      <span className="vh"> of {title}</span>
    </Button>
  )
  const box = { height }
  const body = isTable ? (
    <ChartTable
      title={title}
      head="Time, UTC"
      times={times}
      series={withBand(series, props.band)}
      kind={kind}
      csvName={csvName ?? title}
    />
  ) : (
    <figure className="chart m-0">
      {isMounted ? (
        <Suspense fallback={<div style={box} role="img" aria-label={finding} />}>
          <Plot {...props} times={times} height={height} />
        </Suspense>
      ) : (
        <div style={box} role="img" aria-label={finding} />
      )}
      {(words || props.caption) && (
        <figcaption className="chart-caption" suppressHydrationWarning>
          {words} {props.caption}
        </figcaption>
      )}
    </figure>
  )
  if (bare) {
    return (
      <div>
        <div className="mb-1 flex items-center gap-3">
          <h3 className="text-sm font-semibold">{title}</h3>
          {sub && <span className="text-xs text-3">{sub}</span>}
          <span className="ml-auto">{button}</span>
        </div>
        {body}
      </div>
    )
  }
  return (
    <Panel title={title} sub={sub} actions={button} flush={isTable}>
      {body}
    </Panel>
  )
}

const withBand = (series: readonly Series[], band: TimeSeriesProps['band']): readonly Series[] =>
  band
    ? [
        ...series,
        { label: `${band.label}, low`, values: band.low },
        { label: `${band.label}, high`, values: band.high },
      ]
    : series
