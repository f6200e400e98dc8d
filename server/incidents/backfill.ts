import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import type { ComponentStatus } from './impact.ts'
import { openIncident } from './openIncident.ts'
import { postUpdateIn } from './postUpdate.ts'

export type PastIncident = {
  title: string
  text: string
  resolvedText: string
  startedAt: Date
  resolvedAt: Date
  components: readonly { componentId: bigint; status: ComponentStatus }[]
  hosts: readonly number[]
  requestId: string
}

/**
 * Writes down what is over and nobody was told of at the time. History, uptime and credits follow; nobody is told now.
 * @throws DomainError BAD_REQUEST where it ends before it starts or has not ended yet
 */
export const backfillIncident = async (ctx: Context, past: PastIncident): Promise<{ incident: string }> =>
  await ctx.sql.begin(async (tx) => {
    if (past.resolvedAt <= past.startedAt || past.resolvedAt > ctx.now)
      throw new DomainError('BAD_REQUEST', 'it has to end after it started, and before now', { path: 'resolvedAt' })
    const opened = await openIncident(tx, ctx, { ...past, detectedAt: past.startedAt, components: [], hosts: [] })
    const both = { incidentId: opened.id, nextUpdateMinutes: null, sawUpdate: 2, isQuiet: true, undoMs: 0 }
    await postUpdateIn(tx, ctx, {
      ...both,
      requestId: `${past.requestId}:began`,
      state: 'investigating',
      text: past.text,
      components: past.components,
      hosts: past.hosts,
      displayAt: past.startedAt,
    })
    await postUpdateIn(tx, ctx, {
      ...both,
      requestId: `${past.requestId}:ended`,
      state: 'resolved',
      text: past.resolvedText,
      components: [],
      displayAt: past.resolvedAt,
    })
    return { incident: opened.incident }
  })
