import { notify, resolveNotice } from '../notices/notify.ts'
import type { Context } from '../context.ts'
import { STALE_AFTER_MS, judgeSilence, keyOf } from './silence.ts'
import type { Silence } from './silence.ts'

const KIND = 'hosts.silent'

const clock = (ms: number) => `${new Date(ms).toISOString().slice(11, 16)} UTC`

const wordsOf = (group: readonly Silence[]): { title: string; body: string; href: string } => {
  const [first] = group
  if (first && group.length === 1) {
    return {
      title: `${first.name} is silent`,
      body: `Its last report came at ${clock(first.lastReportMs)}. Its usage since then is pending, not lost: the agent keeps it. Look whether the host and the service wharf-agent run.`,
      href: `/ops/hosts/${first.hostId}`,
    }
  }
  const names = group.map(({ name }) => name)
  return {
    title: `${group.length} hosts are silent`,
    body: `No report for over three minutes from ${names.join(', ')}. Their usage is pending, not lost. When many go silent at once, look at what they share: the network, or the way to this control plane.`,
    href: '/ops/hosts?state=stale',
  }
}

/**
 * Job `hosts.watch_silence`: tells operators of hosts that missed three reports, and takes the notice back when they
 * report again. `upSince` is when this process began: before three minutes have passed since, silence may be our own.
 */
export const watchSilence = async (
  ctx: Context,
  upSince = new Date(Date.now() - process.uptime() * 1000),
): Promise<void> => {
  if (ctx.now.getTime() - upSince.getTime() < STALE_AFTER_MS) return
  const staleBefore = new Date(ctx.now.getTime() - STALE_AFTER_MS)
  await ctx.sql.begin(async (tx) => {
    const rows = await tx<{ hostId: number; name: string; lastReportAt: Date }[]>`
      select h.id as host_id, h.name, p.last_report_at from host h join host_progress p on p.host_id = h.id
      where h.revoked_at is null and p.last_report_at < ${staleBefore} order by h.id`
    const open = await tx<{ key: string }[]>`
      select key from notice where audience = 'operators' and kind = ${KIND} and resolved_at is null`
    const silent = rows.map((row) => ({ ...row, lastReportMs: row.lastReportAt.getTime() }))
    const { tell, resolve } = judgeSilence(
      silent,
      open.map(({ key }) => key),
    )
    for (const key of resolve) await resolveNotice(tx, ctx, key)
    for (const group of tell) {
      await notify(tx, ctx, {
        audience: 'operators',
        severity: 'warning',
        kind: KIND,
        ...wordsOf(group),
        key: keyOf(group),
      })
    }
  })
}
