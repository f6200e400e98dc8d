import type { Caller } from '#server/router.ts'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { StatusBadge, type Status } from '../ui/status.tsx'
import { Countdown, Time } from '../ui/time.tsx'

type Fleet = Awaited<ReturnType<Caller['hosts']['fleet']>>
type Decision = Fleet['decisions'][number]

const LOOKS: Record<Decision['kind'], { status: Status; word: string; act: string }> = {
  violation: { status: 'degraded', word: 'Quota', act: 'Decide' },
  silent: { status: 'unknown', word: 'Silent', act: 'Inspect' },
  conflict: { status: 'major', word: 'Conflict', act: 'Review' },
  command: { status: 'partial', word: 'Command', act: 'Open' },
}

const ACTIONS: Record<string, string> = {
  throttle: 'automatic throttle',
  stop: 'automatic stop',
  truncate_log: 'automatic truncation',
}

/** What waits for an operator, the least time left first; the first row is the one to take. */
export function Decisions({ of, count }: { of: readonly Decision[]; count: number }) {
  const scope = count > of.length ? `${of.length} of ${count}, most urgent first` : `${count}, most urgent first`
  return (
    <Panel title="Needs a decision" sub={of.length > 0 ? scope : undefined} flush>
      {of.length === 0 ? (
        <Empty title="Nothing waits for you.">
          No open violation, no silent host, no conflicting report and no failed command.
        </Empty>
      ) : (
        <ul>
          {of.map((decision, index) => (
            <Row key={decision.key} decision={decision} first={index === 0} />
          ))}
        </ul>
      )}
    </Panel>
  )
}

function Row({ decision, first }: { decision: Decision; first: boolean }) {
  const { status, word, act } = LOOKS[decision.kind]
  return (
    <li
      className={`grid gap-x-4 gap-y-2 border-t border-hair px-4 py-3 first:border-t-0 sm:grid-cols-[96px_minmax(0,1fr)_auto_auto] sm:items-center ${first ? 'bg-selected' : ''}`}
    >
      <StatusBadge status={status} as="small">
        {word}
      </StatusBadge>
      <div className="min-w-0">
        <div className="font-semibold break-words">{decision.title}</div>
        <div className="text-2 text-xs">{decision.detail}</div>
      </div>
      <div className="text-xs sm:text-right">
        {decision.dueAt ? (
          <Countdown at={decision.dueAt} to={ACTIONS[decision.dueAction ?? ''] ?? 'the automatic action'} />
        ) : (
          <span className="text-2">
            since <Time at={decision.since} show="relative" />
          </span>
        )}
      </div>
      <Button href={decision.href} variant={first ? 'primary' : 'default'}>
        {act}
        <span className="vh">: {decision.title}</span>
      </Button>
    </li>
  )
}
