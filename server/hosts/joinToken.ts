import { createHash, randomBytes } from 'node:crypto'
import { audit } from '../audit.ts'
import { labelOf } from '../context.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'

const PREFIX = 'wharfjoin_'

/** What is kept of a join token. */
export const hashOfJoinToken = (token: string): Buffer => createHash('sha256').update(token).digest()

export type NewJoinToken = { id: string; token: string; hint: string; expiresAt: Date }

/**
 * Makes a secret that lets up to `maxUses` hosts enrol in a cluster. The answer is the only time it is shown.
 * @throws DomainError NOT_FOUND where there is no such cluster.
 */
export const createJoinToken = async (
  ctx: Context,
  input: { clusterId: bigint; maxUses: number; expiresInHours: number },
): Promise<NewJoinToken> => {
  const token = PREFIX + randomBytes(24).toString('base64url')
  const hint = `${token.slice(0, PREFIX.length + 4)}…`
  const expiresAt = new Date(ctx.now.getTime() + input.expiresInHours * 3_600_000)
  return ctx.sql.begin(async (tx) => {
    const [cluster] = await tx<{ name: string }[]>`select name from cluster where id = ${input.clusterId}`
    if (!cluster) throw new DomainError('NOT_FOUND', `no cluster ${input.clusterId}`)
    const [row] = await tx<{ id: bigint }[]>`
      insert into join_token (cluster_id, hash, hint, max_uses, created_by, created_at, expires_at)
      values (${input.clusterId}, ${hashOfJoinToken(token)}, ${hint}, ${input.maxUses}, ${labelOf(ctx.actor)},
        ${ctx.now}, ${expiresAt}) returning id`
    const id = String(row?.id)
    await audit(tx, ctx, {
      action: 'hosts.join_token.create',
      subject: { kind: 'join_token', id },
      after: { hint, cluster: cluster.name, maxUses: input.maxUses, expiresAt },
    })
    return { id, token, hint, expiresAt }
  })
}

/** Ends a join token; hosts that enrolled with it stay. @throws DomainError NOT_FOUND, CONFLICT */
export const revokeJoinToken = async (ctx: Context, id: bigint): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ hint: string }[]>`
      update join_token set revoked_at = ${ctx.now} where id = ${id} and revoked_at is null returning hint`
    if (!row) {
      const [found] = await tx`select 1 from join_token where id = ${id}`
      throw found
        ? new DomainError('CONFLICT', `the join token ${id} is revoked already`)
        : new DomainError('NOT_FOUND', `no join token ${id}`)
    }
    await audit(tx, ctx, {
      action: 'hosts.join_token.revoke',
      subject: { kind: 'join_token', id },
      before: { hint: row.hint },
    })
  })
