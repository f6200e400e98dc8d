import { enrolmentText, publicKeyFromRaw, verifyText } from '#agents/protocol.ts'
import type { RotateAnswer, RotateRequest } from '#agents/protocol.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'

/** Reports already signed with the old key are still on their way, or in the agent's spool, for this long. */
const OVERLAP_MS = 3_600_000

/**
 * Gives a host another key; those before it end an hour later. `proof` signs the enrolment text, with the host's id in
 * the token's place, by the new key. The same key again gives the same answer.
 * @throws DomainError UNAUTHENTICATED (proof), CONFLICT (the key is another host's, or revoked)
 */
export const rotate = async (ctx: Context, hostId: number, input: RotateRequest): Promise<RotateAnswer> => {
  if (!verifyText(publicKeyFromRaw(input.publicKey), enrolmentText(String(hostId), input.publicKey), input.proof)) {
    throw new DomainError('UNAUTHENTICATED', 'the proof does not verify with the new key')
  }
  const publicKey = Buffer.from(input.publicKey, 'base64')
  return ctx.sql.begin(async (tx) => {
    const [made] = await tx<{ id: number }[]>`insert into host_key (host_id, public_key, created_at)
      values (${hostId}, ${publicKey}, ${ctx.now}) on conflict (public_key) do nothing returning id`
    if (!made) {
      const [known] = await tx<{ id: number; hostId: number; revokedAt: Date | null }[]>`
        select id, host_id, revoked_at from host_key where public_key = ${publicKey}`
      if (known?.hostId === hostId && known.revokedAt === null) return { keyId: known.id }
      throw new DomainError('CONFLICT', 'this key was used before; make a new one')
    }
    const endsAt = new Date(ctx.now.getTime() + OVERLAP_MS)
    const ended = await tx<{ id: number }[]>`update host_key set revoked_at = ${endsAt}
      where host_id = ${hostId} and id <> ${made.id} and revoked_at is null returning id`
    await audit(tx, ctx, {
      action: 'hosts.key.rotate',
      subject: { kind: 'host', id: hostId },
      before: { keyIds: ended.map(({ id }) => id), endAt: endsAt },
      after: { keyId: made.id },
    })
    return { keyId: made.id }
  })
}
