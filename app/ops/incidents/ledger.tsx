'use client'

import { useMutation } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { messageOf, useTRPC } from '../../trpc.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyText } from '../../ui/copy-text.tsx'
import type { Status } from '../../ui/glyph.tsx'
import { Panel } from '../../ui/panel.tsx'
import { StatusBadge } from '../../ui/status.tsx'
import { Table } from '../../ui/table.tsx'
import { Time } from '../../ui/time.tsx'
import { toast } from '../../ui/toast.tsx'
import { counted, stateWords } from './words.ts'

type Try = { number: number; at: string; outcome: string; detail: string; tookMs: number }
/** One delivery as the ledger shows it. Ids are text: they crossed from the server. */
export type LedgerLine = {
  id: string
  kind: string
  name: string
  action: 'post' | 'edit' | 'delete'
  state: string
  text: string
  attempts: number
  nextAt: Date | string | null
  receiptId: string | null
  url: string | null
  lastError: string | null
  acceptedAt: Date | string | null
  tries: readonly Try[]
}
export type LedgerPart = {
  updateId: string
  number: number
  state: string
  createdBy: string
  sendAfter: Date | string
  undoneAt: Date | string | null
  rows: readonly LedgerLine[]
  crowds: readonly Crowd[]
}
type Crowd = {
  of: 'customers' | 'subscribers'
  states: readonly { state: string; count: number }[]
  failures: readonly Failure[]
}
type Failure = {
  id: string
  kind: string
  name: string
  state: string
  attempts: number
  nextAt: Date | string | null
  lastError: string | null
  canRetry: boolean
}

const LOOKS: Record<string, { status: Status; word: string }> = {
  pending: { status: 'unknown', word: 'Waiting' },
  sending: { status: 'unknown', word: 'Sending' },
  delivered: { status: 'operational', word: 'Delivered' },
  retryable: { status: 'degraded', word: 'Retrying' },
  permanent: { status: 'major', word: 'Failed' },
  unknown: { status: 'partial', word: 'Unknown' },
  superseded: { status: 'maintenance', word: 'Superseded' },
  skipped: { status: 'maintenance', word: 'Not sent' },
}
const OWN: Record<string, string> = { status: 'Status page', banner: 'Customers’ banner' }
const ACTIONS = { post: '', edit: 'Edits the post. ', delete: 'Deletes the post. ' }

/** What became of an incident's updates on each channel: what failed first, receipts, every try. */
export function Ledger({ parts }: { parts: readonly LedgerPart[] }) {
  return parts
    .filter(({ undoneAt, rows, crowds }) => undoneAt === null && rows.length + crowds.length > 0)
    .map((part) => <OneUpdate key={part.updateId} part={part} />)
}

function OneUpdate({ part }: { part: LedgerPart }) {
  const { updateId, number, state, createdBy, rows, crowds } = part
  const router = useRouter()
  const retry = useMutation(useTRPC().incidents.channels.retry.mutationOptions())
  const failed =
    rows.filter((row) => row.state === 'permanent' || row.state === 'retryable').length +
    crowds.reduce((sum, crowd) => sum + failedIn(crowd), 0)
  const again = (deliveryId?: string) =>
    retry.mutate(
      { updateId, ...(deliveryId ? { deliveryId } : {}) },
      {
        onSuccess: ({ count }) => {
          toast(
            count > 0
              ? `${counted(count, 'delivery', 'deliveries')} sent again, with the same text and key`
              : 'Nothing to send again: newer words are out',
          )
          router.refresh()
        },
        onError: (error) => toast(messageOf(error), { failed: true }),
      },
    )
  const figures = Object.entries(LOOKS)
    .map(([name, { word }]) => [word.toLowerCase(), rows.filter((row) => row.state === name).length] as const)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => `${count} ${word}`)
  return (
    <Panel
      title={`Deliveries of update ${number}`}
      sub={`${stateWords(state)}, by ${createdBy}. ${figures.join(', ')}`}
      flush
      actions={
        failed > 0 && (
          <Button size="sm" busy={retry.isPending} onClick={() => again()}>
            Retry failed ({failed})
          </Button>
        )
      }
    >
      <Table
        label={`Deliveries of update ${number}`}
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          { head: 'Channel', phone: 'title', cell: (row) => OWN[row.name] ?? row.name },
          { head: 'Result', phone: 'state', cell: ({ state: of }) => <Badge state={of} /> },
          {
            head: 'Detail',
            prose: true,
            cell: (row) => (
              <>
                <Detail row={row} />
                <Acts row={row} again={again} />
              </>
            ),
          },
          { head: 'Accepted, UTC', cell: (row) => <Accepted row={row} after={part.sendAfter} /> },
        ]}
      />
      {crowds.map((crowd) => (
        <Many key={crowd.of} number={number} crowd={crowd} again={again} />
      ))}
    </Panel>
  )
}

const countOf = ({ states }: Crowd, of: string) => states.find(({ state }) => state === of)?.count ?? 0

/** Those whom it can be tried again for: not whose address came back. */
const failedIn = (crowd: Crowd) => {
  const gone = crowd.failures.filter(({ state, canRetry }) => state === 'permanent' && !canRetry).length
  return Math.max(0, countOf(crowd, 'permanent') - gone) + countOf(crowd, 'retryable')
}

const MANY = { subscribers: 'Subscribers', customers: 'Customers’ owners and admins, by mail' }

/** All of a crowd in one line, and those it did not reach one by one. */
function Many({ number, crowd, again }: { number: number; crowd: Crowd; again: (deliveryId: string) => void }) {
  const { of, states, failures } = crowd
  const said = Object.entries(LOOKS).flatMap(([name, { word, status }]) => {
    const count = countOf(crowd, name)
    return count > 0 ? [{ name, status, words: `${count.toLocaleString('en')} ${word.toLowerCase()}` }] : []
  })
  const all = states.reduce((sum, { state, count }) => sum + (state in NOT_REACHED ? count : 0), 0)
  return (
    <div className="panel-body stack">
      <p className="row">
        <b>{MANY[of]}</b>
        {said.map(({ name, status, words }) => (
          <StatusBadge key={name} status={status}>
            {words}
          </StatusBadge>
        ))}
      </p>
      {failures.length > 0 && (
        <details>
          <summary className="help">
            Not reached{all > failures.length ? `: ${failures.length} of ${all.toLocaleString('en')}` : ''}
          </summary>
          <Table
            label={`${of === 'customers' ? 'Customers' : 'Subscribers'} not reached by update ${number}`}
            rows={failures}
            rowKey={({ id }) => id}
            columns={[
              { head: 'Who', phone: 'title', cell: ({ name }) => name },
              { head: 'Result', phone: 'state', cell: ({ state }) => <Badge state={state} /> },
              { head: 'Why', prose: true, cell: ({ lastError }) => lastError ?? '–' },
              { head: '', cell: (row) => <FailureActs row={row} again={again} /> },
            ]}
          />
        </details>
      )}
    </div>
  )
}
const NOT_REACHED = { permanent: true, unknown: true, retryable: true }

function FailureActs({ row, again }: { row: Failure; again: (deliveryId: string) => void }) {
  if (row.state === 'unknown' && row.nextAt === null) return <Settle id={row.id} />
  if (!row.canRetry) return <span className="dim">the address came back</span>
  return (
    <Button size="sm" onClick={() => again(row.id)}>
      {row.state === 'permanent' ? 'Retry' : 'Retry now'}
    </Button>
  )
}

function Badge({ state }: { state: string }) {
  const { status, word } = LOOKS[state] ?? { status: 'unknown' as const, word: state }
  return <StatusBadge status={status}>{word}</StatusBadge>
}

function Detail({ row }: { row: LedgerLine }) {
  const { action, lastError, nextAt, state, tries, text } = row
  const waits = state === 'retryable' || state === 'unknown'
  return (
    <>
      {ACTIONS[action]}
      {lastError}
      {waits && nextAt && (
        <>
          {lastError ? '; ' : ''}next <Time at={nextAt} show="relative" />
        </>
      )}
      <details>
        <summary className="help">{tries.length > 1 ? `Text and ${tries.length} tries` : 'Text'}</summary>
        <p className="preview-text">{text}</p>
        {tries.length > 0 && (
          <ol className="mono help">
            {tries.map((one) => (
              <li key={one.number}>
                {one.at.slice(11, 19)} {one.outcome}, {one.tookMs} ms{one.detail ? `: ${one.detail}` : ''}
              </li>
            ))}
          </ol>
        )}
      </details>
    </>
  )
}

function Accepted({ row, after }: { row: LedgerLine; after: Date | string }) {
  if (!row.acceptedAt) return '–'
  const afterS = (new Date(row.acceptedAt).getTime() - new Date(after).getTime()) / 1_000
  return (
    <>
      <Time at={row.acceptedAt} show="absolute" seconds /> <small className="dim">+{afterS.toFixed(1)} s</small>
      <br />
      <Receipt row={row} />
    </>
  )
}

function Receipt({ row: { receiptId, url, name } }: { row: LedgerLine }) {
  if (url)
    return (
      <a href={url} target="_blank" rel="noreferrer">
        Open the post<span className="vh"> on {name}</span>
      </a>
    )
  return receiptId ? <CopyText text={receiptId} label={`Copy ${receiptId.slice(0, 24)}`} /> : '–'
}

function Acts({ row, again }: { row: LedgerLine; again: (deliveryId: string) => void }) {
  if (row.state === 'permanent' || row.state === 'retryable')
    return (
      <Button size="sm" onClick={() => again(row.id)}>
        {row.state === 'permanent' ? 'Retry' : 'Retry now'}
      </Button>
    )
  return row.state === 'unknown' && row.nextAt === null ? <Settle id={row.id} /> : null
}

/** Somebody has to look: sent again unseen it might be there twice. */
function Settle({ id }: { id: string }) {
  const router = useRouter()
  const settle = useMutation(useTRPC().incidents.channels.settle.mutationOptions())
  const say = (isThere: boolean) =>
    settle.mutate(
      { deliveryId: id, isThere },
      { onSuccess: () => router.refresh(), onError: (error) => toast(messageOf(error), { failed: true }) },
    )
  return (
    <span className="row">
      <Button size="sm" busy={settle.isPending} onClick={() => say(true)}>
        It is there
      </Button>
      <Button size="sm" busy={settle.isPending} onClick={() => say(false)}>
        Send again
      </Button>
    </span>
  )
}
