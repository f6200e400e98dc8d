'use client'

import { useState } from 'react'
import { Button } from './button.tsx'
import { plottable, type Series, tickWords, ticks } from './chart-data.ts'
import { ChartTable } from './chart-table.tsx'
import { figure, text, type Kind } from './format.ts'
import { Panel } from './panel.tsx'
import { day, msOf, type Instant } from './when.ts'

const classOf = (series: readonly Series[], index: number) =>
  /^(\d+ )?(all )?others?$/i.test(series[index]?.label ?? '') || index > 4 ? 's-rest' : `s${index + 1}`

type Step = 'day' | 'month'

/** `3 Nov`, or of a month `Nov 2026`. */
const named = (at: number, step: Step): string =>
  step === 'day' ? day(at, at) : `${day(at, at).split(' ')[1] ?? ''} ${new Date(at).getUTCFullYear()}`
/** Under a bar: the first in full, then the day's number or the month's name. */
const tick = (at: number, step: Step, isFirst: boolean): string => {
  if (isFirst) return named(at, step)
  return step === 'day' ? String(new Date(at).getUTCDate()) : (day(at, at).split(' ')[1] ?? '')
}

/**
 * Amounts a day, stacked by what made them. Rendered on the server; hover or arrow keys read a day, "Table" gives all.
 * Name the last series "others" or "3 others" to have it grey.
 */
export function StackedBars({
  title,
  sub,
  finding,
  days,
  series,
  kind,
  step = 'day',
  partialLast = false,
  csvName,
  height = 220,
}: {
  title: string
  sub?: React.ReactNode
  finding: string
  days: readonly Instant[]
  series: readonly Series[]
  kind: Kind
  /** What a bar is of; `days` are then the first days of months. */
  step?: Step
  /** The last day is not over: it is hatched and said so. */
  partialLast?: boolean
  csvName?: string
  height?: number
}) {
  const [isTable, setTable] = useState(false)
  const [on, setOn] = useState<number>()
  const times = days.map(msOf)
  const values = series.map((one) => plottable(one.values))
  const totals = times.map((_, index) => values.reduce((sum, one) => sum + (one[index] ?? 0), 0))
  const marks = ticks(kind, Math.max(0, ...totals))
  const top = marks.at(-1) ?? 1
  const every = Math.max(1, Math.ceil(times.length / 6))
  const onKeyDown = (event: React.KeyboardEvent) => {
    const last = times.length - 1
    const next = { ArrowLeft: Math.max(0, (on ?? last + 1) - 1), ArrowRight: Math.min(last, (on ?? last - 1) + 1) }[
      event.key
    ]
    if (event.key === 'Escape') setOn(undefined)
    if (next === undefined) return
    event.preventDefault()
    setOn(next)
  }
  const gutter = 14 + Math.max(...marks.map((mark) => tickWords(kind, mark, top).length)) * 6.3
  return (
    <Panel
      title={title}
      sub={sub}
      flush={isTable}
      actions={
        <Button size="sm" variant="ghost" aria-pressed={isTable} onClick={() => setTable((now) => !now)}>
          {isTable ? 'Chart' : 'Table'}
          <span className="vh"> of {title}</span>
        </Button>
      }
    >
      {isTable ? (
        <ChartTable
          title={title}
          head="Day, UTC"
          times={times}
          series={series}
          kind={kind}
          csvName={csvName ?? title}
        />
      ) : (
        <figure className="chart m-0">
          <div
            className="bars"
            style={{ height, marginLeft: gutter }}
            role="group"
            aria-label={`${title}. Arrow keys read one ${step} after another.`}
            tabIndex={0}
            onKeyDown={onKeyDown}
            onBlur={() => setOn(undefined)}
            onPointerLeave={() => setOn(undefined)}
          >
            <div role="img" aria-label={finding} className="absolute inset-0">
              <div className="bars-grid" aria-hidden="true">
                {marks.map((mark) => (
                  <div key={mark} style={{ bottom: `${(mark / top) * 100}%` }}>
                    <span>{tickWords(kind, mark, top)}</span>
                  </div>
                ))}
              </div>
              <div className="bars-plot" aria-hidden="true">
                {times.map((at, index) => (
                  <div
                    key={at}
                    className={`bars-day ${index === on ? 'on' : ''} ${partialLast && index === times.length - 1 ? 'part' : ''}`}
                    onPointerEnter={() => setOn(index)}
                  >
                    {values.map((one, which) =>
                      one[index] ? (
                        <i
                          key={series[which]?.label}
                          className={classOf(series, which)}
                          style={{ height: `max(1px, calc(${(one[index] / top) * 100}% - 1px))` }}
                        />
                      ) : null,
                    )}
                    {index % every === 0 && <u>{tick(at, step, index === 0)}</u>}
                  </div>
                ))}
              </div>
            </div>
            <div role="status">
              {on !== undefined && (
                <DayTip
                  words={named(times[on] ?? 0, step)}
                  isPartial={partialLast && on === times.length - 1}
                  isRight={on > times.length / 2}
                  left={`${((on + 0.5) / times.length) * 100}%`}
                  rows={series.map((one, which) => ({
                    label: one.label,
                    colour: classOf(series, which),
                    words: one.values[on] === null ? 'no data' : text(figure(kind, one.values[on] ?? 0)),
                  }))}
                  total={text(figure(kind, totals[on] ?? 0))}
                />
              )}
            </div>
          </div>
          <div className="legend">
            {series.map((one, which) => (
              <span key={one.label}>
                <i className={`swatch ${classOf(series, which)}`} />
                {one.label}
              </span>
            ))}
            {partialLast && <span className="dim">Hatched: the {step} is not over.</span>}
          </div>
        </figure>
      )}
    </Panel>
  )
}

function DayTip({
  words,
  isPartial,
  isRight,
  left,
  rows,
  total,
}: {
  words: string
  isPartial: boolean
  isRight: boolean
  left: string
  rows: readonly { label: string; colour: string; words: string }[]
  total: string
}) {
  return (
    <div className="chart-tip" style={{ left, translate: isRight ? 'calc(-100% - 12px) 0' : '12px 0' }}>
      <b>
        {words}
        {isPartial && ', so far'}
      </b>
      {rows.toReversed().map((row) => (
        <span key={row.label}>
          <i className={`swatch flex-none! ${row.colour}`} />
          <i>{row.label}</i>
          <b>{row.words}</b>
        </span>
      ))}
      {rows.length > 1 && (
        <span>
          <i>Total</i>
          <b>{total}</b>
        </span>
      )}
    </div>
  )
}
