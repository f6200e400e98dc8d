import { AGENT_ACTIONS, MOST_EXCERPT, MOST_OBSERVATIONS, SIGNAL_NAMES } from '#agents/rules.ts'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { addJob } from '../jobs.ts'

const whole = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const fact = z.union([z.string().max(2_000), z.number(), z.boolean()])
const named = {
  id: z.string().regex(/^[\w:.-]{8,128}$/, 'an id of 8 to 128 letters, digits and _:.-'),
  epoch: whole,
  monoMs: whole,
}

const logFinding = z.object({
  ...named,
  kind: z.literal('log_growth'),
  detail: z.record(z.string().max(100), fact).refine((detail) => Object.keys(detail).length <= 50, 'at most 50 facts'),
})

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hex')
const label = z.string().max(300).nullable()

const abuseFinding = z.object({
  ...named,
  kind: z.literal('abuse'),
  abuse: z.object({
    bundle: whole,
    action: z.enum(AGENT_ACTIONS),
    points: z.number().min(0).max(10_000),
    observations: z
      .array(
        z.object({
          signal: z.enum(SIGNAL_NAMES),
          value: fact,
          heldS: z.number().min(0).max(1e9),
          subject: z.string().max(200).optional(),
          exeSha256: sha256.optional(),
          excerpt: z.string().max(MOST_EXCERPT).optional(),
        }),
      )
      .max(MOST_OBSERVATIONS),
    containerId: z.string().regex(/^[\w.-]{1,128}$/, 'a container’s id'),
    name: z.string().max(300),
    image: z.string().max(500),
    imageId: z.string().max(200).optional(),
    account: label,
    app: label,
    startedMonoMs: z.number().min(0).max(Number.MAX_SAFE_INTEGER),
    actedMonoMs: whole.optional(),
    executables: z
      .array(
        z.object({
          path: z.string().max(500),
          sha256: sha256.optional(),
          deleted: z.boolean(),
          memfd: z.boolean(),
          busyPercent: z.number().min(0).max(100),
        }),
      )
      .max(20),
    wallets: z.array(z.string().max(200)).max(10),
    busyS: z.number().min(0).max(1e9).optional(),
  }),
})

/** The body of `POST /v1/findings`: `Finding`s of the protocol. */
export const findingsBody = z.object({
  findings: z.array(z.discriminatedUnion('kind', [logFinding, abuseFinding])).max(200),
})

/** The same as the schema gives it: what is optional may be undefined there. */
export type ReadFinding = z.infer<typeof findingsBody>['findings'][number]

/**
 * Keeps what an agent found between reports and has it acted upon; an actor of kind agent. Sent twice, the first stands.
 * `bootId` is the boot the findings' monotonic times count from. Gives how many were news.
 */
export const keepFindings = async (
  ctx: Context,
  hostId: number,
  bootId: string,
  findings: readonly ReadFinding[],
): Promise<number> =>
  await ctx.sql.begin(async (tx) => {
    const [boot] = await tx<{ anchorMs: bigint }[]>`
      select anchor_ms from host_boot where host_id = ${hostId} and boot_id = ${bootId}`
    let news = 0
    for (const finding of findings) {
      const { id, kind, epoch, monoMs } = finding
      const detail = finding.kind === 'abuse' ? { ...finding.abuse, monoMs } : finding.detail
      const foundAt = boot ? new Date(Math.min(Number(boot.anchorMs) + monoMs, ctx.now.getTime())) : ctx.now
      const [row] = await tx`insert into finding (host_id, id, kind, epoch, found_at, detail, received_at)
        values (${hostId}, ${id}, ${kind}, ${epoch}, ${foundAt}, ${JSON.stringify(detail)}::text::jsonb, ${ctx.now})
        on conflict (host_id, id) do nothing returning id`
      if (!row) continue
      news += 1
      const job = kind === 'abuse' ? 'abuse.judge' : 'usage.runaway_log'
      await addJob(tx, job, { hostId, findingId: id }, { key: `finding:${hostId}:${id}` })
    }
    return news
  })
