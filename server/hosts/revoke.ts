import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'

/** Ends a host for good: its requests are refused, its pending commands expire. What it used stays. */
export const revokeHost = async (ctx: Context, hostId: number, reason: string): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ name: string }[]>`
      update host set revoked_at = ${ctx.now} where id = ${hostId} and revoked_at is null returning name`
    if (!row) {
      const [found] = await tx`select 1 from host where id = ${hostId}`
      throw found
        ? new DomainError('CONFLICT', `host ${hostId} is revoked already`)
        : new DomainError('NOT_FOUND', `no host ${hostId}`)
    }
    const expired = await tx<{ id: string }[]>`update command set state = 'expired', finished_at = ${ctx.now},
      detail = 'the host was revoked' where host_id = ${hostId} and state = 'pending' returning id::text`
    await audit(tx, ctx, {
      action: 'hosts.host.revoke',
      subject: { kind: 'host', id: hostId },
      before: { name: row.name },
      after: { reason, expiredCommands: expired.map(({ id }) => id) },
    })
  })

/** Ends one key at once. @throws DomainError CONFLICT where it is the last: revoke the host instead. */
export const revokeKey = async (ctx: Context, hostId: number, keyId: number, reason: string): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    // All of the host's keys are held, so that two revocations cannot each leave the other's key as the last.
    const keys = await tx<{ id: number; works: boolean }[]>`
      select id, revoked_at is null or revoked_at > ${ctx.now} as works
      from host_key where host_id = ${hostId} order by id for update`
    const key = keys.find(({ id }) => id === keyId)
    if (!key) throw new DomainError('NOT_FOUND', `host ${hostId} has no key ${keyId}`)
    if (!key.works) throw new DomainError('CONFLICT', `key ${keyId} is revoked already`)
    if (!keys.some(({ id, works }) => works && id !== keyId)) {
      throw new DomainError('CONFLICT', 'this is the last key of the host; revoke the host, or rotate its key first')
    }
    await tx`update host_key set revoked_at = ${ctx.now} where id = ${keyId}`
    await audit(tx, ctx, {
      action: 'hosts.key.revoke',
      subject: { kind: 'host', id: hostId },
      before: { keyId },
      after: { reason },
    })
  })
