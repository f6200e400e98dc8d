import type { Sql } from '#db/client.ts'
import type { CommandKind } from '#agents/protocol.ts'
import { audit } from '../audit.ts'
import { labelOf } from '../context.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { RELIEVES, requireArgs } from './commandArgs.ts'
import type { CommandArgs } from './commandArgs.ts'
import { ownerOf } from './sql.ts'

export type NewCommand = {
  hostId: number
  /** The exact life it means; a later one of the same container is left alone. */
  epoch: number
  containerId: string
  kind: CommandKind
  args?: CommandArgs
  /** For the audit log and the container's page. */
  reason: string
  /** The fact it follows from: stated twice, it is one command. */
  key: string
  expiresInSeconds?: number
}

/**
 * Writes a command for a host's agent; the agent is woken when the transaction commits. Gives its id, and
 * whether it was there already.
 * @throws DomainError FORBIDDEN (the app is protected), CONFLICT (the host is revoked), NOT_FOUND, BAD_REQUEST
 */
export const issue = async (tx: Sql, ctx: Context, input: NewCommand): Promise<{ id: bigint; repeated: boolean }> => {
  const { hostId, epoch, containerId, kind, args = {}, reason, key, expiresInSeconds = 900 } = input
  requireArgs(kind, args)
  const [host] = await tx<{ name: string; revoked: boolean }[]>`
    select name, revoked_at is not null as revoked from host where id = ${hostId}`
  if (!host) throw new DomainError('NOT_FOUND', `no host ${hostId}`)
  if (host.revoked) throw new DomainError('CONFLICT', `host ${host.name} is revoked; nothing there takes commands`)
  const owner = await ownerOf(tx, hostId, epoch)
  if (owner?.protected && !RELIEVES.has(kind)) {
    const message = `${owner.account}/${owner.app} is protected: ${kind} is refused; an admin can lift the protection`
    throw new DomainError('FORBIDDEN', message)
  }
  const expiresAt = new Date(ctx.now.getTime() + expiresInSeconds * 1000)
  const [made] = await tx<{ id: bigint }[]>`
    insert into command (host_id, epoch, container_id, kind, args, reason, issued_by, key, issued_at, expires_at)
    values (${hostId}, ${epoch}, ${containerId}, ${kind}, ${JSON.stringify(args)}::text::jsonb, ${reason},
      ${labelOf(ctx.actor)}, ${key}, ${ctx.now}, ${expiresAt})
    on conflict (key) do nothing returning id`
  const { createConfig: _, ...openArgs } = args
  if (!made) {
    const [known] = await tx<{ id: bigint }[]>`select id from command where key = ${key}`
    return { id: known?.id ?? 0n, repeated: true }
  }
  await audit(tx, ctx, {
    action: 'hosts.command.issue',
    subject: { kind: 'command', id: made.id },
    accountId: owner?.accountId ?? null,
    // What a container was made from may hold secrets.
    after: { host: host.name, containerId, epoch, kind, args: openArgs, reason, expiresAt },
  })
  return { id: made.id, repeated: false }
}
