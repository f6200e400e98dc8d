'use client'

import type { Series } from './chart-data.ts'
import { Button } from './button.tsx'
import { csv, currencyOf, decimalText, exact, figure, text, thousands, type Kind } from './format.ts'

const SHOWN = 200

/** `2026-11-21 03:12:00`; a whole day is the date alone. */
const stamp = (ms: number, isDays: boolean) =>
  new Date(ms)
    .toISOString()
    .slice(0, isDays ? 10 : 19)
    .replace('T', ' ')

function download(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.csv`
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A chart's data in rows, newest first, and all of it as CSV in stored units. */
export function ChartTable({
  title,
  head,
  times,
  series,
  kind,
  csvName,
}: {
  title: string
  head: string
  times: readonly number[]
  series: readonly Series[]
  kind: Kind
  csvName: string
}) {
  const isDays = times.every((at) => at % 86_400_000 === 0)
  const save = () => {
    const rows = times.map((at, index) => [
      new Date(at).toISOString(),
      ...series.map((one) => plain(kind, one.values[index])),
    ])
    download(csvName, csv(['time', ...series.map((one) => `${one.label} (${STORED[kind] ?? currencyOf(kind)})`)], rows))
  }
  const newest = times.map((at, index) => ({ at, index })).toReversed()
  return (
    <>
      <div className="table-wrap max-h-80 overflow-y-auto" role="group" aria-label={title} tabIndex={0}>
        <table className="tbl">
          <thead>
            <tr>
              <th scope="col">{head}</th>
              {series.map((one) => (
                <th scope="col" className="r" key={one.label}>
                  {one.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {newest.slice(0, SHOWN).map(({ at, index }) => (
              <tr key={at}>
                <td className="whitespace-nowrap">{stamp(at, isDays)}</td>
                {series.map((one) => (
                  <td className="r" key={one.label}>
                    <Cell kind={kind} value={one.values[index]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="panel-foot items-center">
        <span>
          {times.length > SHOWN ? `${SHOWN} of ${times.length}, newest first. CSV has all.` : 'Newest first.'}
        </span>
        <Button size="sm" icon="download" onClick={save}>
          CSV
        </Button>
      </div>
    </>
  )
}

function Cell({ kind, value }: { kind: Kind; value: bigint | number | null | undefined }) {
  return value === null || value === undefined ? <span className="dim">no data</span> : inColumn(kind, value)
}

/** A value as a file has it: money in major units, everything else in its stored ones. */
const plain = (kind: Kind, value: bigint | number | null | undefined): string | null => {
  if (value === null || value === undefined) return null
  const currency = currencyOf(kind)
  return currency === undefined ? value.toString() : decimalText(value, currency)
}

/** Exact for what was counted; what was computed keeps two decimals in every row, and all of them in the CSV. */
const inColumn = (kind: Kind, value: bigint | number): string =>
  typeof value === 'number' && (kind === 'percent' || kind === 'pressure' || kind === 'cores')
    ? text({ ...figure(kind, value), value: thousands(value, 2) })
    : exact(kind, value)

const STORED: Partial<Record<Kind, string>> = {
  bytes: 'bytes',
  bytesPerS: 'bytes/s',
  cores: 'vCPU',
  count: 'count',
  cpuUs: 'CPU µs',
  mibS: 'MiB-s',
  ms: 'ms',
  percent: '%',
  pressure: '%',
}
