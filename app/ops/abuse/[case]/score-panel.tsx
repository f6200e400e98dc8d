import type { Caller } from '#server/router.ts'
import { Facts, Panel } from '../../../ui/panel.tsx'
import { Tag } from '../../../ui/status.tsx'
import { Table, type Column } from '../../../ui/table.tsx'
import { Time } from '../../../ui/time.tsx'
import { shown } from '../words.ts'

type Sighting = Awaited<ReturnType<Caller['abuse']['case']>>['sightings'][number]
type Line = Sighting['contributions'][number] & { from: number }

const FULL = 200
const percent = (points: number) => `${Math.min(100, (points / FULL) * 100)}%`
const CLASS: Record<string, string> = { proof: 'proof', behaviour: 'behaviour', context: 'context' }
const VERDICT: Record<string, string> = {
  stop: 'Stop: enough points, a proof and a second family',
  throttle: 'Slow down: enough points, but not what a stop needs',
  suspect: 'Look closely',
  observe: 'Observe',
  none: 'Nothing',
}

/** The score of the heaviest finding, and every addend of it. */
export function ScorePanel({ of }: { of: Sighting }) {
  let from = 0
  const lines: Line[] = of.contributions.map((one) => {
    const line = { ...one, from }
    from += Math.max(0, one.points)
    return line
  })
  return (
    <>
      <Panel>
        <div className="row items-baseline">
          <span className="dim">Score</span>
          <b className="text-3xl">{of.points}</b>
          <span className="dim">stops at 100 with a proof and a second family</span>
        </div>
        <div className="score-meter" role="img" aria-label={`${of.points} points; 40 looks closely, 100 acts`}>
          <i style={{ width: percent(of.points) }} />
          <u style={{ left: percent(40) }} />
          <u style={{ left: percent(100) }} />
          <span style={{ left: percent(40) }}>40 suspect</span>
          <span style={{ left: percent(100) }}>100 act</span>
        </div>
        <Facts
          of={[
            ['Verdict', VERDICT[of.verdict] ?? of.verdict],
            ['The host', of.action],
            ['Seen', <Time key="seen" at={of.seenAt} seconds />],
            [
              'Start to stop',
              of.actedAt
                ? `${Math.max(0, Math.round((of.actedAt.getTime() - of.startedAt.getTime()) / 1000))} s`
                : 'not stopped',
            ],
          ]}
        />
      </Panel>
      <Panel
        title={`Why the score is ${of.points}`}
        sub="Each line is a fact, its weight, and what it was read from"
        flush
      >
        <Table label="Contributions" columns={COLUMNS} rows={lines} rowKey={(line) => line.rule} />
      </Panel>
    </>
  )
}

const COLUMNS: Column<Line>[] = [
  {
    head: 'Evidence',
    phone: 'title',
    prose: true,
    cell: (line) => (
      <>
        {shown(line.words)}
        {line.excerpt && (
          <details>
            <summary className="dim text-sm">What it was read from</summary>
            <pre className="raw">{shown(line.excerpt)}</pre>
          </details>
        )}
      </>
    ),
  },
  {
    head: 'Build-up',
    phone: 'hide',
    cell: (line) => (
      <span className="score-build" aria-hidden="true">
        <i
          className={line.weight < 0 ? 'clears' : undefined}
          style={{ left: percent(line.from), width: percent(Math.max(2, Math.abs(line.points || line.weight / 8))) }}
        />
      </span>
    ),
  },
  { head: 'Rule', cell: (line) => <span className="mono text-xs">{line.rule}</span> },
  {
    head: 'Kind',
    phone: 'state',
    cell: (line) => <Tag>{CLASS[line.class] ?? line.class}</Tag>,
  },
  {
    head: 'Points',
    align: 'right',
    cell: (line) => (
      <b className="num">{line.weight < 0 ? 'clears' : line.points === 0 ? '0, capped' : `+${line.points}`}</b>
    ),
  },
]
