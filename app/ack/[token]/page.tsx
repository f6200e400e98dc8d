import type { Metadata } from 'next'
import { attempt, server } from '../../server.ts'
import { PublicShell } from '../../shell/public-shell.tsx'
import { Button } from '../../ui/button.tsx'
import { Facts } from '../../ui/panel.tsx'
import { Empty, ErrorPanel } from '../../ui/states.tsx'
import { StatusBadge, Tag } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'

export const metadata: Metadata = { title: 'Page', robots: { index: false } }

const STATES = {
  open: { status: 'major', words: 'Nobody has acknowledged' },
  acknowledged: { status: 'degraded', words: 'Acknowledged' },
  resolved: { status: 'operational', words: 'It is over' },
} as const

/**
 * Where the link in a page's message leads: what is wrong, one button that stops the escalation, and the draft of an
 * update. It needs no script and nobody signed in; the link itself is good for nothing more.
 */
export default async function AckPage({ params }: { params: Promise<{ token: string }> }) {
  const { token } = await params
  const api = await server()
  const found = await attempt(api.incidents.onCall.byLink({ token: decodeURIComponent(token) }))
  if (!found.ok)
    return (
      <PublicShell>
        <h1 className="mb-4">Page</h1>
        <div className="panel">
          {found.code === 'NOT_FOUND' ? (
            <Empty title="This link opens no page" action={<Button href="/ops/on-call">Go to On call</Button>}>
              It was a test, is over a week old, or was not copied whole.
            </Empty>
          ) : (
            <ErrorPanel title="The page did not load">{found.message}</ErrorPanel>
          )}
        </div>
      </PublicShell>
    )
  const { title, body, state, isDrill, openedAt, acknowledgedAt, acknowledgedBy, incident } = found.value
  const { status, words } = STATES[state]
  return (
    <PublicShell>
      <div className="stack">
        <div className="row">
          {isDrill && <Tag>DRILL</Tag>}
          <StatusBadge status={status}>{words}</StatusBadge>
        </div>
        <h1 className="break-words">{title}</h1>
        {body !== '' && <p className="text-2 break-words whitespace-pre-wrap">{body}</p>}
        <Facts
          of={[
            ['Since', <Time key="o" at={openedAt} show="both" />],
            ...(acknowledgedAt
              ? ([
                  ['Acknowledged', <Time key="a" at={acknowledgedAt} show="both" />],
                  ['By', acknowledgedBy ?? '–'],
                ] as const)
              : []),
            ...(incident ? ([['Incident', `${incident}, a draft until somebody posts`]] as const) : []),
          ]}
        />
        {state === 'open' && (
          <form method="post" action={`/v1/ack/${encodeURIComponent(token)}`}>
            <Button variant="primary" size="lg" wide type="submit" icon="check">
              Acknowledge
            </Button>
          </form>
        )}
        {incident && (
          <Button
            size="lg"
            wide
            variant={state === 'open' ? 'default' : 'primary'}
            href={`/ops/incidents/${incident}/update`}
          >
            Draft update
          </Button>
        )}
        <p className="text-2">
          {state === 'open'
            ? 'Acknowledge stops the escalation: nobody else is woken.'
            : 'Nobody else is woken for this page.'}
        </p>
      </div>
    </PublicShell>
  )
}
