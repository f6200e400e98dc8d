'use client'

import { useTimed } from './now.ts'
import { absolute, msOf, relative, type Instant } from './when.ts'

/**
 * The only way to print a time: `20 min ago (02:52 UTC)`. Absolute is always UTC; local time is in the tooltip.
 * `show`: `both` (default), `relative` (absolute in the tooltip) or `absolute`. `seconds` where order matters.
 */
export function Time({
  at,
  show = 'both',
  seconds = false,
  className,
}: {
  at: Instant | null | undefined
  show?: 'both' | 'relative' | 'absolute'
  seconds?: boolean
  className?: string
}) {
  const ms = at === null || at === undefined ? Number.NaN : msOf(at)
  const isTime = Number.isFinite(ms)
  const ago = useTimed((now) => (isTime ? relative(ms, now) : ''))
  const utc = useTimed((now) => (isTime ? absolute(ms, now, seconds) : ''))
  if (!isTime) return <span className="dim">never</span>
  return (
    <time dateTime={new Date(ms).toISOString()} data-local={ms} className={className} suppressHydrationWarning>
      {show === 'absolute' ? utc : show === 'relative' ? ago : `${ago} `}
      {show === 'both' && (
        <span className="abs" suppressHydrationWarning>
          ({utc})
        </span>
      )}
    </time>
  )
}

/** Time left until something happens: `10 min 20 s to automatic suspend`. Past it says `due` and how long ago. */
export function Countdown({ at, to }: { at: Instant; to: string }) {
  const ms = msOf(at)
  const left = useTimed((now) => (ms > now ? relative(ms, now).slice(3) : `due ${relative(ms, now)},`))
  return (
    <span className="whitespace-nowrap">
      <time dateTime={new Date(ms).toISOString()} data-local={ms} className="font-semibold" suppressHydrationWarning>
        {left}
      </time>{' '}
      <span className="text-2">to {to}</span>
    </span>
  )
}

/** The wall clock in UTC, by the server's time. */
export function UtcClock() {
  const now = useTimed((ms) => new Date(ms).toISOString().slice(11, 19))
  return (
    <span className="utc" suppressHydrationWarning>
      {now} UTC
    </span>
  )
}
