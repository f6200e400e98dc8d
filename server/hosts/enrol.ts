import type { Tx } from '#db/client.ts'
import { enrolmentText, publicKeyFromRaw, verifyText } from '#agents/protocol.ts'
import type { EnrolAnswer, EnrolRequest } from '#agents/protocol.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { hashOfJoinToken } from './joinToken.ts'
import { serverKey } from './serverKey.ts'

type JoinToken = {
  id: bigint
  clusterId: bigint
  cluster: string
  hint: string
  expiresAt: Date
  revokedAt: Date | null
}
type Enrolled = { hostId: number; keyId: number }

const refused = (message: string) => new DomainError('UNAUTHENTICATED', message)

/** A host name as pages and the CLI can print and type it. */
export const tidyName = (hostname: string): string =>
  hostname
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 100) || 'host'

const requireProof = (input: EnrolRequest) => {
  const key = publicKeyFromRaw(input.publicKey)
  if (verifyText(key, enrolmentText(input.token, input.publicKey), input.proof)) return
  throw refused('the proof does not verify: it must sign the enrolment text with the key that is enrolled')
}

/** The token, locked: of requests that race with it one enrols at a time, and a repeat finds what the first made. */
const findToken = async (tx: Tx, token: string): Promise<JoinToken> => {
  const [row] = await tx<JoinToken[]>`
    select t.id, t.cluster_id, c.name as cluster, t.hint, t.expires_at, t.revoked_at
    from join_token t join cluster c on c.id = t.cluster_id where t.hash = ${hashOfJoinToken(token)} for update of t`
  if (!row) throw refused('no such join token; make one with "wharf join-token create" or on the page Hosts')
  return row
}

/** The host this key enrolled as with this token, so that a repeated request gives the same answer. */
const findRepeat = async (tx: Tx, token: JoinToken, publicKey: Buffer): Promise<Enrolled | undefined> => {
  const [row] = await tx<(Enrolled & { joinTokenId: bigint | null; ended: boolean })[]>`
    select k.id as key_id, k.host_id, k.join_token_id, (k.revoked_at is not null or h.revoked_at is not null) as ended
    from host_key k join host h on h.id = k.host_id where k.public_key = ${publicKey}`
  if (!row) return undefined
  if (row.ended) throw new DomainError('CONFLICT', 'this key was revoked; make a new one and enrol with that')
  if (row.joinTokenId !== token.id) {
    throw new DomainError('CONFLICT', `this key is host ${row.hostId} already; it need not enrol again`)
  }
  return { hostId: row.hostId, keyId: row.keyId }
}

const spend = async (tx: Tx, token: JoinToken, now: Date): Promise<void> => {
  const [spent] = await tx`update join_token set uses = uses + 1
    where id = ${token.id} and uses < max_uses and expires_at > ${now} and revoked_at is null returning id`
  if (spent) return
  const why = token.revokedAt ? 'is revoked' : token.expiresAt <= now ? 'has expired' : 'is used up'
  throw refused(`this join token ${why}; make another`)
}

const insertHost = async (tx: Tx, input: EnrolRequest, clusterId: bigint, now: Date) => {
  const base = tidyName(input.hostname)
  for (let count = 1; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`
    const [row] = await tx<{ id: number }[]>`
      insert into host (name, cluster_id, agent_version, enrolled_at, simulated)
      values (${name}, ${clusterId}, ${input.agent}, ${now}, ${/\bsim/i.test(input.agent)})
      on conflict (name) do nothing returning id`
    if (row) return { id: row.id, name }
  }
}

const enrolOnce = async (tx: Tx, ctx: Context, input: EnrolRequest): Promise<Enrolled & { cluster: string }> => {
  const token = await findToken(tx, input.token)
  const publicKey = Buffer.from(input.publicKey, 'base64')
  const repeat = await findRepeat(tx, token, publicKey)
  if (repeat) return { ...repeat, cluster: token.cluster }
  await spend(tx, token, ctx.now)
  const host = await insertHost(tx, input, token.clusterId, ctx.now)
  const [key] = await tx<{ id: number }[]>`insert into host_key (host_id, public_key, join_token_id, created_at)
    values (${host.id}, ${publicKey}, ${token.id}, ${ctx.now}) returning id`
  await tx`insert into host_progress (host_id) values (${host.id}) on conflict do nothing`
  const keyId = key?.id ?? 0
  const agent: Context = { ...ctx, actor: { kind: 'agent', hostId: host.id, label: host.name } }
  await audit(tx, agent, {
    action: 'hosts.host.enrol',
    subject: { kind: 'host', id: host.id },
    after: { name: host.name, cluster: token.cluster, keyId, joinToken: token.hint, agent: input.agent },
  })
  return { hostId: host.id, keyId, cluster: token.cluster }
}

/**
 * Makes a host of whoever holds a join token and proves a key. The same token with the same key gives
 * the same host again; a name that is taken gets a number.
 * @throws DomainError UNAUTHENTICATED (token or proof), CONFLICT (the key is known otherwise)
 */
export const enrol = async (ctx: Context, input: EnrolRequest): Promise<EnrolAnswer> => {
  requireProof(input)
  const attempt = () => ctx.sql.begin((tx) => enrolOnce(tx, ctx, input))
  const done = await attempt().catch((error: unknown) => {
    // Two requests with one key met: the other has made the host, and this one finds it.
    if ((error as { code?: unknown }).code === '23505') return attempt()
    throw error
  })
  const { publicKey } = await serverKey(ctx)
  return { ...done, serverPublicKey: publicKey, serverTimeMs: ctx.now.getTime() }
}
