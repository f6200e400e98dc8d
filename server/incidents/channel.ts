import type { z } from 'zod'

/** What an update says, before a channel makes its own text of it. */
export type UpdateView = {
  /** `INC-2041`. */
  incident: string
  title: string
  state: string
  impact: string
  number: number
  kind: 'update' | 'correction' | 'retraction' | 'reminder'
  text: string
  components: readonly { name: string; region: string | null; status: string }[]
  at: Date
  nextUpdateAt: Date | null
  /** The incident's page, public. */
  link: string
  isDrill: boolean
}

/** How much of a channel's room a text takes, counted by that channel's own rule. */
export type Measure = { used: number; limit: number; unit: string; parts?: number }

/** What a channel will get: frozen in the delivery. `text` is what people read; the rest is the adapter's. */
export type Body = { text: string; [more: string]: unknown }

/** What the channel answered: an id of its own and where the post can be seen. */
export type Receipt = { id: string; url?: string; [more: string]: unknown }

/** How a try ended. `unknown`: the request went out and no answer came. */
export type Outcome =
  | { kind: 'delivered'; receipt: Receipt }
  | { kind: 'retryable'; reason: string; waitMs?: number }
  | { kind: 'permanent'; reason: string; unauthorized?: boolean }
  | { kind: 'unknown'; reason: string }

/** One try: the same `key` and `body` each time; `previous` is the post an edit, a deletion or a reply is about. */
export type Send = {
  action: 'post' | 'edit' | 'delete'
  body: Body
  key: string
  previous: Receipt | null
  signal: AbortSignal
  now: Date
  /** Whether addresses that are not public may be asked: WHARF_ALLOW_PRIVATE_WEBHOOKS. */
  allowPrivate?: boolean
}

/** Settings as read from the channel's row; the secret unsealed. */
export type Account<S, K> = { settings: S; secret: K }

/**
 * A kind of channel: one small file a kind. It renders, measures and sends; when to try again, in which order and what to
 * record is `deliver.ts`.
 */
export type ChannelAdapter<S = unknown, K = unknown> = {
  kind: string
  name: string
  settings: z.ZodType<S>
  secret: z.ZodType<K>
  /** Words for the settings form: label and hint of each field. */
  fields: Record<string, { label: string; hint?: string; secret?: boolean }>
  /** Whether sending again under the same key is harmless at the other side. */
  idempotent: boolean
  /** What can become of a post: without it a correction or a retraction is a post of its own. */
  can?: readonly ('edit' | 'delete')[]
  /** Longest wait for an answer. */
  timeoutMs: number
  /** Least time between two posts of one account. */
  paceMs: number
  /** The update fitted to the channel; `override` is text a person wrote for this channel only. */
  render(update: UpdateView, settings: S, override?: string): Body
  measure(body: Body, settings: S): Measure
  send(account: Account<S, K>, send: Send): Promise<Outcome>
  /** Finds out whether a try that ended unknown had landed; absent where it cannot be asked. */
  lookUp?(account: Account<S, K>, send: Send): Promise<Receipt | 'absent' | 'cannot tell'>
}
