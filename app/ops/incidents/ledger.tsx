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
  subscribers: readonly { state: string; count: number }[]
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
  return parts.filter(({ undoneAt }) => undoneAt === null).map((part) => <OneUpdate key={part.updateId} part={part} />)
}

function OneUpdate({ part }: { part: LedgerPart }) {
  const { updateId, number, state, createdBy, rows, subscribers } = part
  const router = useRouter()
  const retry = useMutation(useTRPC().incidents.channels.retry.mutationOptions())
  const failed = rows.filter((row) => row.state === 'permanent' || row.state === 'retryable').length
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
      foot={
        subscribers.length > 0
          ? `Subscribers: ${subscribers.map(({ state: of, count }) => `${count.toLocaleString('en')} ${(LOOKS[of]?.word ?? of).toLowerCase()}`).join(', ')}.`
          : undefined
      }
    >
      <Table
        label={`Deliveries of update ${number}`}
        rows={rows}
        rowKey={({ id }) => id}
        columns={[
          { head: 'Channel', phone: 'title', cell: (row) => OWN[row.name] ?? row.name },
          { head: 'Result', phone: 'state', cell: (row) => <Result row={row} /> },
          { head: 'Detail', prose: true, cell: (row) => <Detail row={row} /> },
          { head: 'Accepted, UTC', cell: (row) => <Accepted row={row} after={part.sendAfter} /> },
          { head: 'Receipt', cell: (row) => <Receipt row={row} /> },
          { head: 'Attempts', align: 'right', cell: ({ attempts }) => attempts },
          { head: '', cell: (row) => <Acts row={row} again={again} /> },
        ]}
      />
    </Panel>
  )
}

function Result({ row }: { row: LedgerLine }) {
  const { status, word } = LOOKS[row.state] ?? { status: 'unknown' as const, word: row.state }
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
  const router = useRouter()
  const settle = useMutation(useTRPC().incidents.channels.settle.mutationOptions())
  const say = (isThere: boolean) =>
    settle.mutate(
      { deliveryId: row.id, isThere },
      { onSuccess: () => router.refresh(), onError: (error) => toast(messageOf(error), { failed: true }) },
    )
  if (row.state === 'permanent' || row.state === 'retryable')
    return (
      <Button size="sm" onClick={() => again(row.id)}>
        {row.state === 'permanent' ? 'Retry' : 'Retry now'}
      </Button>
    )
  // Somebody has to look: sent again unseen it might be there twice.
  if (row.state === 'unknown' && row.nextAt === null)
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
  return null
}
