import { signText } from '#agents/protocol.ts'
import type { Command, CommandKind, CommandsAnswer } from '#agents/protocol.ts'
import type { Context } from '../context.ts'
import { unsealArgs } from './createConfig.ts'
import { serverKey } from './serverKey.ts'

/** More wait for the next poll. */
const MOST_AT_ONCE = 50

type Row = {
  id: bigint
  hostId: number
  kind: CommandKind
  epoch: bigint
  containerId: string
  args: Command['args']
  issuedAt: Date
  expiresAt: Date
  isNew: boolean
}

const asCommand = ({ isNew: _, issuedAt, expiresAt, ...row }: Row): Command => ({
  ...row,
  id: Number(row.id),
  epoch: Number(row.epoch),
  issuedAtMs: issuedAt.getTime(),
  expiresAtMs: expiresAt.getTime(),
})

/**
 * A host's pending commands, oldest first, signed; marked as delivered the first time. They are given again until
 * a result comes or they expire, so an answer that got lost loses nothing.
 */
export const deliver = async (ctx: Context, hostId: number): Promise<CommandsAnswer> => {
  const [progress] = await ctx.sql<{ contiguousSeq: bigint; maxSeq: bigint }[]>`
    select contiguous_seq, max_seq from host_progress where host_id = ${hostId}`
  const rows = await ctx.sql<Row[]>`
    select id, host_id, kind, epoch, container_id, args, issued_at, expires_at, delivered_at is null as is_new
    from command where host_id = ${hostId} and state = 'pending' and expires_at > ${ctx.now}
    order by id limit ${MOST_AT_ONCE}`
  const fresh = rows.filter(({ isNew }) => isNew).map(({ id }) => String(id))
  if (fresh.length > 0) {
    await ctx.sql`update command set delivered_at = ${ctx.now} where id = any(${fresh}::bigint[]) and delivered_at is null`
  }
  const key = rows.length > 0 ? await serverKey(ctx) : undefined
  return {
    commands: rows.map((row) => {
      const payload = JSON.stringify(asCommand({ ...row, args: unsealArgs(ctx.env, row.args) }))
      return { payload, signature: key ? signText(key.privateKey, payload) : '' }
    }),
    serverTimeMs: ctx.now.getTime(),
    contiguousSeq: Number(progress?.contiguousSeq ?? 0),
    maxSeq: Number(progress?.maxSeq ?? 0),
  }
}

/** True where a host has a command that no poll has fetched yet: worth waking its agent for. */
export const isAwaited = async ({ sql }: Pick<Context, 'sql'>, hostId: number): Promise<boolean> => {
  const rows = await sql`select 1 from command
    where host_id = ${hostId} and state = 'pending' and delivered_at is null limit 1`
  return rows.length > 0
}
