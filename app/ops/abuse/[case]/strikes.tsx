import type { Caller } from '#server/router.ts'
import { Panel } from '../../../ui/panel.tsx'
import { Time } from '../../../ui/time.tsx'
import { shown } from '../words.ts'

type View = Awaited<ReturnType<Caller['abuse']['case']>>
type Strike = Pick<
  View['strikeRows'][number],
  'id' | 'number' | 'at' | 'expiresAt' | 'erasedAt' | 'erasedReason' | 'name'
> & {
  carried?: number
}

/** An app's strikes in a row, and what comes next. */
export function Strikes({
  of,
}: {
  of: Pick<View, 'strikes' | 'strikesToDelete' | 'next'> & { strikeRows: readonly Strike[] }
}) {
  return (
    <Panel title="Strikes" sub={`${of.strikes} of ${of.strikesToDelete} count; each expires after 180 days`}>
      <ol className="strike-line">
        {of.strikeRows.map((strike) => (
          <li key={String(strike.id)} className={strike.erasedAt ? 'erased' : undefined}>
            <b>Strike {strike.number}</b>
            <span>{shown(strike.name, 60)} stopped with proof.</span>
            {strike.carried ? (
              <small>Counts {strike.carried + 1}: the owner came back under another name.</small>
            ) : null}
            <small>
              <Time at={strike.at} />
            </small>
            <small>
              {strike.erasedAt ? (
                <>
                  Erased <Time at={strike.erasedAt} show="relative" />: {shown(strike.erasedReason ?? '', 120)}
                </>
              ) : (
                <>
                  Expires <Time at={strike.expiresAt} show="relative" />
                </>
              )}
            </small>
          </li>
        ))}
        <li className="next">
          <b>Next</b>
          <span>{of.next.words}</span>
          {of.next.at && (
            <small>
              <Time at={of.next.at} />
            </small>
          )}
        </li>
      </ol>
    </Panel>
  )
}
