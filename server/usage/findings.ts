import type { Finding } from '#agents/protocol.ts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

/** The body of `POST /v1/findings`: `Finding`s of the protocol. */
export const findingsBody = z.object({
  findings: z
    .array(
      z.object({
        id: z.string().regex(/^[\w:.-]{8,128}$/, 'an id of 8 to 128 letters, digits and _:.-'),
        kind: z.literal('log_growth'),
        epoch: whole,
        monoMs: whole,
        detail: z
          .record(z.string().max(100), z.union([z.string().max(2_000), z.number(), z.boolean()]))
          .refine((detail) => Object.keys(detail).length <= 50, 'at most 50 facts'),
      }),
    )
    .max(200),
})

/**
 * Keeps what an agent found between reports and has it acted upon; an actor of kind agent. Sent twice, the first stands.
 * `bootId` is the boot the findings' monotonic times count from. Gives how many were news.
 */
export const keepFindings = async (
  ctx: Context,
  hostId: number,
  bootId: string,
  findings: readonly Finding[],
): Promise<number> =>
  await ctx.sql.begin(async (tx) => {
    const [boot] = await tx<{ anchorMs: bigint }[]>`
      select anchor_ms from host_boot where host_id = ${hostId} and boot_id = ${bootId}`
    let news = 0
    for (const { id, kind, epoch, monoMs, detail } of findings) {
      const foundAt = boot ? new Date(Math.min(Number(boot.anchorMs) + monoMs, ctx.now.getTime())) : ctx.now
      const [row] = await tx`insert into finding (host_id, id, kind, epoch, found_at, detail, received_at)
        values (${hostId}, ${id}, ${kind}, ${epoch}, ${foundAt}, ${JSON.stringify(detail)}::text::jsonb, ${ctx.now})
        on conflict (host_id, id) do nothing returning id`
      if (!row) continue
      news += 1
      await addJob(tx, 'usage.runaway_log', { hostId, findingId: id }, { key: `finding:${hostId}:${id}` })
    }
    return news
  })
