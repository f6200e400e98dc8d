import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { ownerOf } from './sql.ts'

/** The result of a command that was carried out in its last moment may still be on its way. */
const RESULT_DUE_MS = 120_000

/** Job `hosts.expire_commands`: marks commands whose time has run out. Gives how many. */
export const expireCommands = async (ctx: Context): Promise<number> =>
  ctx.sql.begin(async (tx) => {
    const lateResult = new Date(ctx.now.getTime() - RESULT_DUE_MS)
    const rows = await tx<{ id: bigint; hostId: number; epoch: bigint; kind: string; delivered: boolean }[]>`
      update command set state = 'expired', finished_at = ${ctx.now},
        detail = case when delivered_at is null then 'the agent did not fetch it in time'
          else 'the agent fetched it but told no result' end
      where state = 'pending' and expires_at <= ${ctx.now} and (delivered_at is null or expires_at <= ${lateResult})
      returning id, host_id, epoch, kind, delivered_at is not null as delivered`
    for (const { id, hostId, epoch, kind, delivered } of rows) {
      const owner = await ownerOf(tx, hostId, Number(epoch))
      await audit(tx, ctx, {
        action: 'hosts.command.expired',
        subject: { kind: 'command', id },
        accountId: owner?.accountId ?? null,
        after: { hostId, kind, delivered },
      })
    }
    return rows.length
  })
