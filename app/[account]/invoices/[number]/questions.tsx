import { Panel } from '../../../ui/panel.tsx'
import { StatusBadge } from '../../../ui/status.tsx'
import { Time } from '../../../ui/time.tsx'
import type { Invoice, InvoiceLine } from './invoice-sheet.tsx'

const STATES = {
  open: ['degraded', 'Being looked into'],
  upheld: ['operational', 'Corrected'],
  rejected: ['unknown', 'Answered'],
} as const

/** What was asked about the invoice, and the answers. */
export function Questions({ of, lines }: { of: Invoice['questions']; lines: readonly InvoiceLine[] }) {
  if (of.length === 0) return null
  return (
    <Panel title="Questions" sub={`${of.length}, newest first`}>
      <ul className="stack m-0 list-none p-0">
        {of.map((question) => {
          const [status, word] = STATES[question.state]
          const line = lines.find(({ position }) => position === question.position)
          return (
            <li key={String(question.id)} className="stack gap-1!">
              <div className="row">
                <span className="mono">Q-{String(question.id)}</span>
                <StatusBadge status={status} as="small">
                  {word}
                </StatusBadge>
                <span className="dim">
                  about {line ? line.description : 'the whole invoice'}, asked <Time at={question.openedAt} />
                </span>
              </div>
              <p className="m-0">{question.question}</p>
              {question.answer && (
                <p className="text-2 m-0">
                  Answer, <Time at={question.closedAt} />: {question.answer}
                </p>
              )}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
