import type { Caller } from '#server/router.ts'
import { Button } from '../../../ui/button.tsx'
import { Panel } from '../../../ui/panel.tsx'
import { StatusBadge, Tag } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import { counted, glyphOf, stateWords, STATUS_WORDS } from '../words.ts'

type Said = Omit<Awaited<ReturnType<Caller['incidents']['incident']['get']>>['said'][number], 'id' | 'aboutId'> & {
  id: string
  aboutId: string | null
}

/** What was said, newest first; what was taken back stays, struck through. */
export function Timeline({ incident, said }: { incident: string; said: readonly Said[] }) {
  const posted = said.filter(({ undoneAt }) => undoneAt === null).length
  return (
    <Panel title="Updates" sub={`${posted}, newest first`} flush>
      {said.length === 0 ? (
        <div className="panel-body stack">
          <p className="text-2">Nothing was told yet. The draft is filled in and waits.</p>
          <div className="row">
            <Button variant="primary" href={`/ops/incidents/${incident}/update`}>
              Write the first update
            </Button>
          </div>
        </div>
      ) : (
        <ol className="said">
          {said.map((one) => (
            <Update key={one.id} incident={incident} one={one} about={said.find(({ id }) => id === one.aboutId)} />
          ))}
        </ol>
      )}
    </Panel>
  )
}

function Update({ incident, one, about }: { incident: string; one: Said; about: Said | undefined }) {
  const isGone = one.undoneAt !== null || one.retractedBy !== null
  const changed = one.components.filter(({ oldStatus, newStatus }) => oldStatus !== newStatus)
  return (
    <li className={isGone ? 'gone' : undefined} id={`update-${one.number}`}>
      <div className="row">
        <b>
          {one.kind === 'update' ? stateWords(one.state) : stateWords(one.kind)}
          {about && ` of update ${about.number}`}
        </b>
        <span className="dim">update {one.number}</span>
        <Time at={one.displayAt} seconds />
        <span className="dim">{one.createdBy}</span>
        {one.undoneAt && <Tag>undone, never sent</Tag>}
        {one.retractedBy && <Tag>retracted by update {one.retractedBy}</Tag>}
        {one.correctedBy && <Tag>corrected by update {one.correctedBy}</Tag>}
      </div>
      <p>{one.text}</p>
      {changed.length > 0 && (
        <div className="row mt-2">
          {changed.map(({ componentId, name, newStatus }) => (
            <StatusBadge key={componentId} status={glyphOf(newStatus)} as="chip">
              {name}: {STATUS_WORDS[newStatus] ?? newStatus}
            </StatusBadge>
          ))}
        </div>
      )}
      <div className="row mt-2">
        <Delivered of={one.deliveries} />
        {!isGone && one.kind !== 'retraction' && (
          <>
            <a href={`/ops/incidents/${incident}/update?correct=${one.id}`}>Correct</a>
            <a href={`/ops/incidents/${incident}/update?retract=${one.id}`}>Retract</a>
          </>
        )}
      </div>
    </li>
  )
}

function Delivered({ of }: { of: Record<string, number> }) {
  const total = Object.values(of).reduce((sum, n) => sum + Number(n), 0)
  if (total === 0) return null
  const n = (state: string) => Number(of[state] ?? 0)
  const failed = n('permanent') + n('unknown')
  const waiting = n('pending') + n('sending') + n('retryable')
  const meant = n('delivered') + failed + waiting
  if (meant === 0) return <StatusBadge status="maintenance">Sent to nobody</StatusBadge>
  return (
    <StatusBadge status={failed > 0 ? 'major' : waiting > 0 ? 'degraded' : 'operational'}>
      {n('delivered')} of {counted(meant, 'delivery', 'deliveries')}
      {failed > 0 && `, ${failed} failed or unknown`}
    </StatusBadge>
  )
}
