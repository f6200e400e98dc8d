import uPlot from 'uplot'
import { hueOf, plottable, tickWords, ticks, timeTick } from './chart-data.ts'
import type { TimeSeriesProps } from './chart.tsx'
import { msOf } from './when.ts'

type Chart = Omit<TimeSeriesProps, 'times' | 'height'> & { times: readonly number[]; height: number }

/** Where the words over a canvas go, in CSS pixels from the box's corner. */
export type Place = {
  left: number
  right: number
  top: number
  bottom: number
  /** Each series' last reading; nothing for one without readings. */
  ends: ({ x: number; y: number } | undefined)[]
  limits: number[]
  /** Nothing for a mark outside the window. */
  marks: (number | undefined)[]
}

export type Drawn = {
  update(chart: Chart): void
  /** Puts the crosshair on a time by its index, or takes it away. */
  point(index: number | undefined): void
  end(): void
}

/** Dashes of the series in `tokens.css` order: told apart also without hue. */
export const DASHES: readonly (number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3], [12, 4]]

/** Room right of the lines for their names, by the longest. */
const labelRoom = (chart: Chart): number =>
  chart.series.length < 2 ? 20 : Math.min(96, 14 + Math.max(...chart.series.map((one) => one.label.length)) * 6.6)

/** Draws into a box and keeps to its width. Colours are read from the page: a canvas knows no custom properties. */
export function draw(
  box: HTMLElement,
  first: Chart,
  told: { onPlace: (place: Place) => void; onCursor: (cursor: { index: number; x: number } | undefined) => void },
): Drawn {
  let chart = first
  const colour = reader(box)
  const top = () => topOf(chart)
  const paint = (u: uPlot) => {
    drawPartial(u, chart, colour('--chart-band'))
    if (chart.band) drawBand(u, chart.band, colour('--chart-band'))
    for (const limit of chart.limits ?? []) drawLine(u, 'y', limit.value, colour('--chart-limit'), [4, 3], 1.5)
    for (const mark of chart.marks ?? []) drawLine(u, 'x', msOf(mark.at), colour('--text-2'), [2, 2], 1)
    told.onPlace(placeOf(u, chart))
  }
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: chart.height,
      ms: 1,
      padding: [14, labelRoom(chart), 0, 0],
      legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at), 'Etc/UTC'),
      scales: { x: { time: true }, y: { range: () => [0, top().at(-1) ?? 1] } },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: 'wharf', setSeries: false, scales: ['x', null] },
        points: { size: 7, fill: (u, index) => strokeOf(u, index), stroke: () => colour('--surface-panel'), width: 2 },
      },
      axes: axesOf(() => chart, top, colour),
      series: [{}, ...chart.series.map((one, index) => lineOf(one.label, index, hueOf(chart.series, index), colour))],
      hooks: {
        draw: [paint],
        setCursor: [
          (u) => {
            const index = u.cursor.idx
            const isShown = typeof index === 'number' && (u.cursor.left ?? -1) >= 0
            told.onCursor(isShown ? { index, x: (u.cursor.left ?? 0) + u.bbox.left / devicePixelRatio } : undefined)
          },
        ],
      },
    },
    dataOf(chart),
    box,
  )
  const resize = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: chart.height }))
  resize.observe(box)
  return {
    update(next) {
      chart = next
      plot.setData(dataOf(next))
    },
    point(index) {
      const at = index === undefined ? undefined : chart.times[index]
      plot.setCursor({ left: at === undefined ? -10 : plot.valToPos(at, 'x'), top: at === undefined ? -10 : 1 })
    },
    end() {
      resize.disconnect()
      plot.destroy()
    },
  }
}

const dataOf = (chart: Chart): uPlot.AlignedData => [
  [...chart.times],
  ...chart.series.map((one) => plottable(one.values)),
]

const strokeOf = (u: uPlot, index: number): string => {
  const stroke = u.series[index]?.stroke
  return typeof stroke === 'function' ? String(stroke(u, index)) : String(stroke ?? '')
}

/** Round ticks over all readings and limits. */
function topOf(chart: Chart): number[] {
  const drawn = [...chart.series.map((one) => one.values), chart.band?.high ?? []]
  const readings = drawn.flatMap(plottable).filter((value) => value !== null)
  const limits = (chart.limits ?? []).map((limit) => limit.value)
  return ticks(
    chart.kind,
    [...readings, ...limits].reduce((most, value) => Math.max(most, value), 0),
  )
}

const lineOf = (
  label: string,
  index: number,
  hue: number | string,
  colour: (name: string) => string,
): uPlot.Series => ({
  label,
  stroke: colour(`--series-${hue}`),
  width: index === 0 ? 2 : 1.8,
  ...(DASHES[index] ? { dash: DASHES[index] } : {}),
  spanGaps: false,
  // A reading between two gaps is a line of no length: only such readings are drawn as points.
  points: { show: true, size: 4, filter: (u, at) => lonely(u.data[at]) },
})

const lonely = (values: ArrayLike<number | null | undefined> | undefined): number[] => {
  const found: number[] = []
  const isMissing = (index: number) => values?.[index] === null || values?.[index] === undefined
  for (let index = 0; index < (values?.length ?? 0); index++) {
    if (!isMissing(index) && isMissing(index - 1) && isMissing(index + 1)) found.push(index)
  }
  return found
}

function axesOf(chart: () => Chart, top: () => number[], colour: (name: string) => string): uPlot.Axis[] {
  const face = getComputedStyle(document.body).fontFamily
  const shared = { font: `11px ${face}`, stroke: colour('--chart-axis'), ticks: { show: false } }
  return [
    {
      ...shared,
      size: 28,
      gap: 8,
      space: 90,
      grid: { show: false },
      border: { show: true, stroke: colour('--border-strong'), width: 1 },
      values: (u, splits) => {
        const span = (u.scales['x']?.max ?? 0) - (u.scales['x']?.min ?? 0)
        return splits.map((at) => timeTick(at, span))
      },
    },
    {
      ...shared,
      gap: 8,
      size: (_, values) => 14 + Math.max(0, ...(values ?? []).map((value) => value.length)) * 6.3,
      grid: { stroke: colour('--chart-grid'), width: 1 },
      splits: () => top(),
      values: (_, splits) => splits.map((value) => tickWords(chart().kind, value, splits.at(-1) ?? value)),
    },
  ]
}

function drawLine(u: uPlot, axis: 'x' | 'y', value: number, stroke: string, dash: number[], width: number): void {
  const at = Math.round(u.valToPos(value, axis, true)) + 0.5
  const { left, top, width: across, height: down } = u.bbox
  if (axis === 'x' ? at < left || at > left + across : at < top || at > top + down) return
  const { ctx } = u
  ctx.save()
  ctx.strokeStyle = stroke
  ctx.lineWidth = width * devicePixelRatio
  ctx.setLineDash(dash.map((length) => length * devicePixelRatio))
  ctx.beginPath()
  ctx.moveTo(axis === 'x' ? at : left, axis === 'x' ? top : at)
  ctx.lineTo(axis === 'x' ? at : left + across, axis === 'x' ? top + down : at)
  ctx.stroke()
  ctx.restore()
}

function drawBand(u: uPlot, { low, high }: NonNullable<Chart['band']>, fill: string): void {
  const [lows, highs] = [plottable(low), plottable(high)]
  const known = lows.flatMap((value, index) => (value === null || highs[index] === null ? [] : [index]))
  if (known.length < 2) return
  const point = (index: number, value: number | null | undefined) =>
    [u.valToPos(u.data[0][index] ?? 0, 'x', true), u.valToPos(value ?? 0, 'y', true)] as const
  const { ctx } = u
  ctx.save()
  ctx.fillStyle = fill
  ctx.beginPath()
  for (const index of known) ctx.lineTo(...point(index, highs[index]))
  for (const index of known.toReversed()) ctx.lineTo(...point(index, lows[index]))
  ctx.fill()
  ctx.restore()
}

function drawPartial(u: uPlot, chart: Chart, fill: string): void {
  if (chart.partialFrom === undefined) return
  const from = Math.max(u.bbox.left, u.valToPos(msOf(chart.partialFrom), 'x', true))
  const to = u.bbox.left + u.bbox.width
  if (from >= to) return
  u.ctx.save()
  u.ctx.fillStyle = fill
  u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height)
  u.ctx.restore()
}

function placeOf(u: uPlot, chart: Chart): Place {
  const left = u.bbox.left / devicePixelRatio
  const top = u.bbox.top / devicePixelRatio
  const right = left + u.bbox.width / devicePixelRatio
  const bottom = top + u.bbox.height / devicePixelRatio
  return {
    left,
    right,
    top,
    bottom,
    ends: chart.series.map((one) => {
      const values = plottable(one.values)
      const at = values.findLastIndex((value) => value !== null)
      const last = values[at]
      if (last === undefined || last === null || chart.series.length < 2) return undefined
      return { x: left + u.valToPos(chart.times[at] ?? 0, 'x'), y: top + u.valToPos(last, 'y') }
    }),
    limits: (chart.limits ?? []).map((limit) => top + u.valToPos(limit.value, 'y')),
    marks: (chart.marks ?? []).map((mark) => {
      const x = left + u.valToPos(msOf(mark.at), 'x')
      return x < left || x > right ? undefined : x
    }),
  }
}

/** Reads a token as the colour it is now. Reading the custom property itself would return the raw `light-dark(…)`. */
function reader(box: HTMLElement): (name: string) => string {
  const known = new Map<string, string>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before
    const probe = document.createElement('span')
    probe.style.color = `var(${name})`
    box.append(probe)
    const colour = getComputedStyle(probe).color
    probe.remove()
    known.set(name, colour)
    return colour
  }
}
