import type { z } from 'zod'
import type { Context } from '../../../context.ts'
import type { Outcome } from '../../channel.ts'
import type { PageView } from './pageWords.ts'

/** One message to one person; `key` names it in every try. */
export type PageSend = { view: PageView; key: string; signal: AbortSignal }

/** A way to reach a person: one small file a kind. */
export type ContactKind<S = unknown, K = unknown> = {
  kind: string
  name: string
  settings: z.ZodType<S>
  secret: z.ZodType<K>
  /** Words for the form: label and hint of each field. */
  fields: Record<string, { label: string; hint?: string; secret?: boolean }>
  /** What people tell it by: an address, a number, a topic. */
  addressOf(settings: S): string
  send(ctx: Context, account: { settings: S; secret: K }, send: PageSend): Promise<Outcome>
}
