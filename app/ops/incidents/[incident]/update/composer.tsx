'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useCallback, useEffect, useRef, useState } from 'react'
import { isRefusal, messageOf, pathOf, useTRPC, useTRPCClient } from '../../../../trpc.tsx'
import { Button } from '../../../../ui/button.tsx'
import { FieldError, TextareaField, TextField } from '../../../../ui/field.tsx'
import { Glyph } from '../../../../ui/glyph.tsx'
import { Panel } from '../../../../ui/panel.tsx'
import { SegmentedButtons } from '../../../../ui/segmented.tsx'
import { Icon } from '../../../../ui/symbol.tsx'
import { Countdown, Time } from '../../../../ui/time.tsx'
import { counted, stateWords } from '../../words.ts'
import { HostsOut, Services } from './affected-fields.tsx'
import { isOver, statesOf, type Content, type HostChoice, type Part, type State, type Words } from './content.ts'
import { Previews } from './previews.tsx'
import { Undo } from './undo.tsx'
import { useDraft, type SavedState } from './use-draft.ts'
import { usePreviews } from './use-previews.ts'
import { useWeight } from './use-weight.ts'

const NEXT = [
  { label: '15 min', value: '15' },
  { label: '30 min', value: '30' },
  { label: '1 h', value: '60' },
  { label: 'None', value: '' },
] as const

type Kind = 'update' | 'correction' | 'retraction'
type Props = {
  incident: {
    name: string
    title: string
    isDrill: boolean
    state: string
    kind: 'incident' | 'maintenance'
    audience: 'everybody' | 'affected'
  }
  nextUpdateDue: Date | null
  kind: Kind
  aboutId: string | undefined
  aboutText: string | undefined
  seen: number
  content: Content
  savedAt: Date | null
  components: readonly Part[]
  hosts: readonly HostChoice[]
  templates: readonly Words[]
}

const beginOf = ({ kind, content, incident, aboutText }: Props): Content => {
  const state =
    kind === 'update' ? content.state : incident.state === 'draft' ? content.state : (incident.state as State)
  const text =
    kind === 'retraction'
      ? 'What we said was wrong, and we take it back. '
      : kind === 'correction'
        ? (aboutText ?? '')
        : content.text
  return {
    ...content,
    state,
    text,
    title: content.title ?? incident.title,
    audience: content.audience ?? incident.audience,
  }
}

/** One screen from what is known to what everybody is told. */
export function Composer(props: Props) {
  const { incident, kind, aboutId, components, hosts, templates, nextUpdateDue } = props
  const [begin] = useState(() => beginOf(props))
  const draftKey = `draft:${incident.name}:${kind}:${aboutId ?? ''}`
  const { content, change, saved, requestId, done } = useDraft(
    draftKey,
    incident.name,
    begin,
    props.savedAt,
    kind === 'update',
  )
  const [seen, setSeen] = useState(props.seen)
  const [posted, setPosted] = useState<{ updateId: string }>()
  const router = useRouter()
  const client = useTRPCClient()
  const post = useMutation(
    useTRPC().incidents.incident.post.mutationOptions({
      // Asked twice it is one update: an answer that is lost is asked for again.
      retry: (n, error) => n < 3 && !isRefusal(error),
      onSuccess: ({ updateId }) => {
        done()
        setPosted({ updateId })
      },
    }),
  )
  const weight = useWeight(incident.name, content)
  const previews = usePreviews(incident.name, content, kind)
  const send = () => {
    if (posted || post.isPending) return
    post.mutate({
      incident: incident.name,
      requestId: requestId.current,
      state: content.state,
      text: content.text,
      components: content.components,
      hosts: content.hosts,
      overrides: content.overrides,
      skipped: content.skipped,
      nextUpdateMinutes: isOver(content.state) ? null : content.nextUpdateMinutes,
      sawUpdate: seen,
      kind,
      ...(aboutId ? { aboutId } : {}),
      ...(content.title ? { title: content.title } : {}),
      ...(content.audience ? { audience: content.audience } : {}),
    })
  }
  // What found no way out is posted when there is one again, as long as this page is open: it stays one update.
  const again = useRef<() => void>(undefined)
  useEffect(() => {
    again.current = () => {
      if (post.error && !isRefusal(post.error)) send()
    }
  })
  useEffect(() => {
    const online = () => again.current?.()
    window.addEventListener('online', online)
    return () => window.removeEventListener('online', online)
  }, [])
  // Kept the same between renders, so that the countdown is not begun anew.
  const onSent = useCallback(() => {
    router.push(`/ops/incidents/${incident.name}`)
    router.refresh()
  }, [router, incident.name])
  const readTheirs = async () => {
    setSeen((await client.incidents.incident.compose.query({ incident: incident.name })).seen)
    post.reset()
  }
  const choose = (state: State) => {
    const words =
      templates.find(({ key }) => key === content.template) ?? templates.find(({ key }) => key === 'default')
    const wasOurs =
      content.text === '' ||
      templates.some(({ texts }) => Object.values(texts).includes(content.text)) ||
      content.text === begin.text
    const text =
      wasOurs && kind === 'update' ? fill(words?.texts[state] ?? content.text, content, components) : content.text
    change({ ...content, state, text })
  }
  const channels = previews.rows.filter(
    ({ channelId, isPublic }) =>
      /^\d/.test(channelId) && !content.skipped.includes(channelId) && !(isPublic && content.audience === 'affected'),
  ).length
  const checks = [
    ...(weight?.checks ?? []),
    ...(content.audience === 'affected' && weight?.accounts === 0
      ? [{ ok: false, words: 'No customer is on these hosts: nobody is told' }]
      : []),
    ...(previews.rows.length > 0
      ? [
          {
            ok: previews.rows.every(({ measure }) => !measure || measure.used <= measure.limit),
            words: previews.rows.every(({ measure }) => !measure || measure.used <= measure.limit)
              ? 'Fits every channel'
              : 'Too long for a channel',
          },
        ]
      : []),
    ...previews.rows
      .filter(({ trouble }) => trouble)
      .map(({ name, trouble }) => ({ ok: false, words: `${name}: ${trouble}` })),
  ]
  if (posted)
    return (
      <Undo
        onUndo={async () => {
          await client.incidents.incident.undo.mutate({ updateId: posted.updateId })
          change(content)
          post.reset()
          setSeen((await client.incidents.incident.compose.query({ incident: incident.name })).seen)
          setPosted(undefined)
        }}
        onSent={onSent}
      />
    )
  return (
    <div className="compose">
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault()
          send()
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send()
        }}
      >
        <div className="panel-body compose-form">
          {kind === 'update' && (
            <fieldset>
              <legend className="label">State</legend>
              <div className={`states ${incident.kind === 'maintenance' ? 'of-3' : ''}`}>
                {statesOf(incident.kind, incident.state).map((state) => (
                  <label key={state}>
                    <input
                      type="radio"
                      name="state"
                      value={state}
                      checked={content.state === state}
                      onChange={() => choose(state)}
                    />
                    {stateWords(state)}
                  </label>
                ))}
              </div>
            </fieldset>
          )}
          {kind !== 'retraction' && !isOver(content.state) && (
            <>
              <Services content={content} change={change} parts={components} />
              <HostsOut content={content} change={change} hosts={hosts} />
            </>
          )}
          {incident.state === 'draft' && (
            <TextField
              label="Title"
              value={content.title ?? ''}
              maxLength={200}
              onChange={(event) => change({ ...content, title: event.target.value })}
            />
          )}
          <TextareaField
            label={`Text, ${content.text.length} characters${tightest(previews.rows)}`}
            rows={6}
            value={content.text}
            onChange={(event) => change({ ...content, text: event.target.value })}
            help="Say what is affected, what you did, what customers should do. No cause you have not confirmed."
          />
          {kind === 'update' && (
            <div>
              <div className="label">Who is told</div>
              <SegmentedButtons
                label="Who is told"
                items={[
                  { label: 'Everybody', value: 'everybody' },
                  { label: 'Customers on these hosts', value: 'affected' },
                ]}
                value={content.audience ?? 'everybody'}
                onChange={(audience) => change({ ...content, audience })}
              />
              <p className="help">
                {weight
                  ? `${counted(weight.accounts, 'customer')} on ${counted(weight.hosts, 'host')}, ${counted(weight.containers, 'container')}${isOver(content.state) ? ', as recorded' : ''}.`
                  : 'Counting whom it touches.'}{' '}
                {content.audience === 'affected'
                  ? 'Only they are told, by banner and mail. No public channel and no status page.'
                  : 'They see a banner besides.'}
              </p>
            </div>
          )}
          {kind === 'update' && !isOver(content.state) && (
            <div>
              <div className="label">Next update</div>
              <SegmentedButtons
                label="Next update"
                items={NEXT}
                value={String(content.nextUpdateMinutes ?? '') as '15'}
                onChange={(value) => change({ ...content, nextUpdateMinutes: value ? Number(value) : null })}
              />
              <p className="help">
                {content.nextUpdateMinutes
                  ? `Promised ${content.nextUpdateMinutes} min after posting. If it is missed, whoever is on call is paged.`
                  : 'Nothing is promised.'}
              </p>
            </div>
          )}
          {post.isPaused && (
            <p className="help" role="status">
              No connection. It is posted as soon as there is one; keep this page open.
            </p>
          )}
          {post.error && (
            <div>
              <FieldError>
                {isRefusal(post.error)
                  ? messageOf(post.error)
                  : 'No answer. It may have been posted: posting again is harmless, it stays one update. It is posted again by itself when the connection is back.'}
              </FieldError>
              {pathOf(post.error) === 'sawUpdate' && (
                <Button size="sm" onClick={() => void readTheirs()}>
                  I have read it
                </Button>
              )}
            </div>
          )}
        </div>
        <div className="compose-post">
          <Button variant="primary" size="lg" type="submit" busy={post.isPending}>
            {incident.isDrill ? 'Post drill' : postWords(kind, channels)}
          </Button>
          <span>
            {nextUpdateDue && (
              <>
                <Icon name="clock" /> <Countdown at={nextUpdateDue} to="promise" />
                <br />
              </>
            )}
            <Saved state={saved} />
          </span>
        </div>
      </form>
      <div className="stack">
        <Panel title="Checks before posting">
          <ul className="checks" aria-live="polite">
            {checks.map(({ ok, words }) => (
              <li key={words}>
                {ok ? <Icon name="check" /> : <Glyph status="degraded" />}
                <span>{words}</span>
              </li>
            ))}
            {checks.length === 0 && (
              <li>
                <Icon name="clock" />
                <span>Looking.</span>
              </li>
            )}
          </ul>
        </Panel>
        <Previews rows={previews.rows} isLoading={previews.isLoading} content={content} change={change} />
      </div>
    </div>
  )
}

const postWords = (kind: Kind, channels: number) => {
  const verb = kind === 'correction' ? 'Post correction' : kind === 'retraction' ? 'Retract' : 'Post update'
  return channels > 0 ? `${verb} to ${counted(channels, 'channel')}` : verb
}

/** The channel with the least room left. */
const tightest = (rows: readonly { name: string; measure: { used: number; limit: number } | null }[]) => {
  const measured = rows.flatMap(({ name, measure }) => (measure ? [{ name, left: measure.limit - measure.used }] : []))
  const [least] = measured.toSorted((a, b) => a.left - b.left)
  return least ? `; tightest is ${least.name} with ${least.left} left` : ''
}

/** A template's words for the services that are named; the server fills drafts the same way. */
const fill = (text: string, content: Content, parts: readonly Part[]) => {
  const named = parts.filter(({ id }) => content.components.some(({ componentId }) => componentId === id))
  const list = (words: readonly string[]) =>
    words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
  const regions = [...new Set(named.flatMap(({ region }) => (region ? [region] : [])))]
  const values: Record<string, string> = {
    component: list(named.map(({ name }) => name)) || 'our platform',
    region: list(regions) || 'all regions',
    hosts: String(content.hosts.length),
  }
  const filled = text.replace(/\{\{\s*(\w+)\s*\}\}/g, (whole, name: string) => values[name] ?? whole)
  return filled.replace(/^[a-z]+(?=[ ,:])/, (word) => word[0]!.toUpperCase() + word.slice(1))
}

function Saved({ state }: { state: SavedState }) {
  if (state.is === 'saving') return <>Saving the draft</>
  if (state.is === 'saved')
    return (
      <>
        Draft saved <Time at={state.at} show="relative" />
      </>
    )
  return state.is === 'here' ? <>Draft kept on this device</> : null
}
