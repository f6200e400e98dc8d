'use client'

import { useEffect, useId, useRef, useState } from 'react'
import { hueOf, plottable, spread, type Series } from './chart-data.ts'
import type { TimeSeriesProps } from './chart.tsx'
import { exact, figure, text } from './format.ts'
import { DASHES, draw, type Drawn, type Place } from './plot-draw.ts'
import { clock, day } from './when.ts'

type Props = Omit<TimeSeriesProps, 'times' | 'height'> & { times: readonly number[]; height: number }
type Cursor = { index: number; x: number }

/** The drawing itself: uPlot on a canvas, its words in HTML over it, a readout that follows pointer and arrows. */
export default function Plot(props: Props) {
  const { finding, title, times, series, kind, height } = props
  const box = useRef<HTMLDivElement>(null)
  const drawn = useRef<Drawn>(undefined)
  const [place, setPlace] = useState<Place>()
  const [cursor, setCursor] = useState<Cursor>()
  const hint = useId()
  const themeCount = useThemeCount()
  const shape = JSON.stringify([
    series.map((one) => [one.label, one.hue]),
    kind,
    height,
    props.limits,
    props.marks,
    themeCount,
  ])
  const latest = useRef(props)
  latest.current = props

  useEffect(() => {
    if (!box.current) return
    const here = draw(box.current, latest.current, { onPlace: setPlace, onCursor: setCursor })
    drawn.current = here
    return () => here.end()
  }, [shape])
  const data = JSON.stringify([
    times,
    series.map((one) => plottable(one.values)),
    Number(props.partialFrom ?? 0),
    props.band?.high.length,
  ])
  useEffect(() => drawn.current?.update(latest.current), [data])

  const onKeyDown = (event: React.KeyboardEvent) => {
    const last = times.length - 1
    const at = cursor?.index ?? last
    const step = event.shiftKey ? 10 : 1
    const next = {
      ArrowLeft: cursor ? Math.max(0, at - step) : last,
      ArrowRight: cursor ? Math.min(last, at + step) : last,
      Home: 0,
      End: last,
    }[event.key]
    if (event.key === 'Escape') drawn.current?.point(undefined)
    if (next === undefined) return
    event.preventDefault()
    drawn.current?.point(next)
  }

  return (
    <div
      className="chart-box"
      role="group"
      aria-label={title}
      aria-describedby={hint}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onBlur={() => drawn.current?.point(undefined)}
    >
      <span id={hint} className="vh">
        Arrow keys read one value after another.
      </span>
      <div ref={box} style={{ height }} role="img" aria-label={finding} />
      {place && <Words place={place} {...props} />}
      <div role="status">{cursor && <Readout cursor={cursor} width={box.current?.clientWidth ?? 0} {...props} />}</div>
    </div>
  )
}

/** Names at the right end of their lines, words on limits, ids on marks. */
function Words({ place, series, limits = [], marks = [] }: Props & { place: Place }) {
  const ends = spread(
    place.ends.map((end) => end?.y ?? place.bottom),
    13,
    place.bottom,
  )
  return (
    <div className="chart-labels" aria-hidden="true">
      {series.map((one, index) => {
        const end = place.ends[index]
        if (end === undefined) return null
        // A line that ends before the others has its name left of its end, above it.
        const isShort = end.x < place.right - 2
        const style = isShort
          ? { left: end.x - 6, top: end.y - 10, translate: '-100% -50%', maxWidth: 'none' }
          : { left: place.right + 6, top: ends[index] }
        return (
          <span key={one.label} className="chart-label" style={style}>
            {one.label}
          </span>
        )
      })}
      {limits.map((limit, index) => {
        const top = place.limits[index] ?? 0
        // Of two limits that nearly meet, the second has its words at the other end of its line.
        const isMet = place.limits.slice(0, index).some((other) => Math.abs(other - top) < 14)
        const style = isMet ? { left: place.right - 6, top, translate: '-100% -115%' } : { left: place.left + 6, top }
        return (
          <span key={limit.label} className="chart-label limit" style={style}>
            {limit.label}
          </span>
        )
      })}
      {marks.map((mark, index) => {
        const x = place.marks[index]
        if (x === undefined) return null
        const isRight = x > place.right - 80
        const style = { left: x + (isRight ? -4 : 4), top: place.top, translate: isRight ? '-100% 0' : undefined }
        return mark.href ? (
          <a key={mark.label} className="chart-label" style={style} href={mark.href} tabIndex={-1}>
            {mark.label}
          </a>
        ) : (
          <span key={mark.label} className="chart-label" style={style}>
            {mark.label}
          </span>
        )
      })}
    </div>
  )
}

function Readout({ cursor, width, times, series, kind, band }: Props & { cursor: Cursor; width: number }) {
  const at = times[cursor.index]
  if (at === undefined) return null
  const isRight = cursor.x > width / 2
  return (
    <div className="chart-tip" style={isRight ? { right: width - cursor.x + 10 } : { left: cursor.x + 10 }}>
      <b>
        {day(at, at)}, {clock(at, at % 60_000 !== 0)} UTC
      </b>
      {series.map((one, index) => {
        const value = one.values[cursor.index]
        // Beside a forecast, what is not there has not come yet, or is over.
        if (band && !isKnown(value)) return null
        return (
          <span key={one.label}>
            <Line index={index} hue={hueOf(series, index)} />
            <i>{one.label}</i>
            <b>{value === null || value === undefined ? 'no data' : precise(kind, value)}</b>
          </span>
        )
      })}
      {band && isKnown(band.low[cursor.index]) && isKnown(band.high[cursor.index]) && (
        <span>
          <i>{band.label}</i>
          <b>
            {text(figure(kind, band.low[cursor.index] ?? 0))} to {text(figure(kind, band.high[cursor.index] ?? 0))}
          </b>
        </span>
      )}
    </div>
  )
}

const isKnown = (value: number | bigint | null | undefined) => value !== null && value !== undefined

/** The figure, and in brackets what it was rounded from where that differs. */
function precise(kind: Props['kind'], value: bigint | number): string {
  const short = text(figure(kind, value))
  const whole = exact(kind, value)
  const isSame = short === whole || (kind !== 'bytes' && kind !== 'cpuUs' && kind !== 'mibS')
  return isSame ? short : `${short} (${whole})`
}

/** The series' own stroke, hue and dash, as it is on the canvas. */
function Line({ index, hue }: { index: number; hue: NonNullable<Series['hue']> }) {
  return (
    <svg width="18" height="8" aria-hidden="true" className={hue === 'rest' ? 's-rest' : `s${hue}`}>
      <line
        x1="0"
        x2="18"
        y1="4"
        y2="4"
        stroke="currentColor"
        strokeWidth="2"
        strokeDasharray={DASHES[index]?.join(' ')}
      />
    </svg>
  )
}

/** Counts changes of theme, contrast and forced colours: a canvas keeps the colours it was drawn with. */
function useThemeCount(): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    const again = () => setCount((n) => n + 1)
    const watcher = new MutationObserver(again)
    watcher.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    const queries = ['(prefers-color-scheme: dark)', '(prefers-contrast: more)', '(forced-colors: active)'].map(
      (query) => matchMedia(query),
    )
    for (const query of queries) query.addEventListener('change', again)
    return () => {
      watcher.disconnect()
      for (const query of queries) query.removeEventListener('change', again)
    }
  }, [])
  return count
}
