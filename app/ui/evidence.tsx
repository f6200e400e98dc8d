import { Facts } from './panel.tsx'
import { EvidenceLink } from './evidence-link.tsx'
import { Popover } from './popover.tsx'
import { Time } from './time.tsx'
import type { Instant } from './when.ts'

/**
 * Wraps a figure: a dotted underline says that it opens its records. `title` repeats the figure in words.
 * Give what is known of `facts` (pairs), `window`, `samples`, `source`, `asOf`, and `href` of the records.
 */
export function Evidence({
  children,
  title,
  facts = [],
  window,
  samples,
  source,
  asOf,
  href,
  linkText = 'Open the records',
}: {
  children: React.ReactNode
  title: string
  facts?: readonly (readonly [string, React.ReactNode])[]
  window?: React.ReactNode
  samples?: React.ReactNode
  source?: React.ReactNode
  asOf?: Instant | null
  href?: string
  linkText?: string
}) {
  const all = [...facts]
  if (samples !== undefined) all.push(['Counted', samples])
  if (window !== undefined) all.push(['Window', window])
  if (source !== undefined) all.push(['Source', source])
  if (asOf !== undefined) all.push(['As of', <Time key="as-of" at={asOf} seconds />])
  return (
    <Popover title={title} className="ev" button={children}>
      <Facts of={all} />
      {href && (
        <div className="panel-foot">
          <a href={href}>{linkText}</a>
          <EvidenceLink href={href} />
        </div>
      )}
    </Popover>
  )
}
