import type { CommandResult } from '#agents/protocol.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { openEvidence, sealEvidence } from './createConfig.ts'
import { ownerOf } from './sql.ts'

/**
 * Writes down what became of commands; an actor of kind agent. Sent twice, the first stands. A result for one that
 * expired here meanwhile still counts: the agent knows what it did. Gives how many were news.
 */
export const recordResults = async (ctx: Context, hostId: number, results: readonly CommandResult[]): Promise<number> =>
  ctx.sql.begin(async (tx) => {
    let news = 0
    for (const { id, outcome, detail, evidence } of results) {
      const evidenceText = evidence === undefined ? null : JSON.stringify(sealEvidence(ctx.env, evidence))
      const [row] = await tx<{ epoch: bigint; kind: string; containerId: string }[]>`
        update command set state = ${outcome}, detail = ${detail}, evidence = ${evidenceText}::text::jsonb,
          finished_at = ${ctx.now}, delivered_at = coalesce(delivered_at, ${ctx.now})
        where id = ${id} and host_id = ${hostId} and (state = 'pending' or (state = 'expired' and ${outcome} <> 'expired'))
        returning epoch, kind, container_id`
      if (!row) continue
      news += 1
      const owner = await ownerOf(tx, hostId, Number(row.epoch))
      await audit(tx, ctx, {
        action: `hosts.command.${outcome}`,
        subject: { kind: 'command', id },
        accountId: owner?.accountId ?? null,
        after: { kind: row.kind, containerId: row.containerId, detail, evidence: openEvidence(evidence) },
      })
    }
    return news
  })
