import type { Sql } from '#db/client.ts'
import type { CommandKind } from '#agents/protocol.ts'
import { FOREVER_HOUR } from '../time.ts'

export type ClusterKind = 'free' | 'paid' | 'internal'
export type LabelTrust = 'platform' | 'tenant' | 'signed'
export type ClusterRow = {
  id: string
  name: string
  kind: ClusterKind
  labelTrust: LabelTrust
  tenantAccount: string | null
  hosts: number
  createdAt: Date
}

/** All clusters with how many hosts each has that are not revoked. */
export const listClusters = async (sql: Sql): Promise<ClusterRow[]> =>
  await sql<ClusterRow[]>`
    select c.id::text, c.name, c.kind, c.label_trust, a.name as tenant_account, c.created_at,
      (select count(*)::int from host h where h.cluster_id = c.id and h.revoked_at is null) as hosts
    from cluster c left join account a on a.id = c.tenant_account_id order by c.name`

export type JoinTokenRow = {
  id: string
  hint: string
  cluster: string
  uses: number
  maxUses: number
  createdBy: string
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
  state: 'usable' | 'used up' | 'expired' | 'revoked'
}

/** Join tokens, newest first. */
export const listJoinTokens = async (sql: Sql, now: Date, limit = 100): Promise<JoinTokenRow[]> =>
  await sql<JoinTokenRow[]>`
    select t.id::text, t.hint, c.name as cluster, t.uses, t.max_uses, t.created_by, t.created_at, t.expires_at,
      t.revoked_at, case when t.revoked_at is not null then 'revoked' when t.uses >= t.max_uses then 'used up'
        when t.expires_at <= ${now} then 'expired' else 'usable' end as state
    from join_token t join cluster c on c.id = t.cluster_id order by t.id desc limit ${limit}`

export type KeyRow = { id: number; fingerprint: string; createdAt: Date; revokedAt: Date | null; works: boolean }

/** A host's keys, newest first. The fingerprint is the start of the public key's SHA-256, hex. */
export const listKeys = async (sql: Sql, hostId: number, now: Date): Promise<KeyRow[]> =>
  await sql<KeyRow[]>`
    select id, left(encode(sha256(public_key), 'hex'), 16) as fingerprint, created_at, revoked_at,
      revoked_at is null or revoked_at > ${now} as works
    from host_key where host_id = ${hostId} order by id desc`

/** Whose an epoch is at present. `protected` where its app must not be touched by commands. */
export type Owner = { accountId: bigint | null; account: string | null; app: string; protected: boolean }

/**
 * The present owner of an epoch. Reads tables of the domain below, which owns their rows; the guard
 * stands here so that no caller of `issue` can forget it.
 */
export const ownerOf = async (sql: Sql, hostId: number, epoch: number): Promise<Owner | undefined> => {
  const [row] = await sql<Owner[]>`
    select t.account_id, a.name as account, t.app, coalesce(p.protected_at is not null, false) as protected
    from attribution t left join account a on a.id = t.account_id
      left join app p on p.account_id = t.account_id and p.name = t.app
    where t.host_id = ${hostId} and t.epoch = ${epoch} and t.until_hour = ${FOREVER_HOUR}`
  return row
}

export type CommandRow = {
  id: string
  hostId: number
  epoch: number
  containerId: string
  kind: CommandKind
  args: Record<string, number>
  reason: string
  issuedBy: string
  issuedAt: Date
  expiresAt: Date
  deliveredAt: Date | null
  state: 'pending' | 'done' | 'failed' | 'refused' | 'expired'
  detail: string | null
  evidence: Record<string, string | number | boolean> | null
  finishedAt: Date | null
}

/** Commands of a host, newest first; of one container where `containerId` is given. */
export const listCommands = async (
  sql: Sql,
  hostId: number,
  { containerId, limit = 50 }: { containerId?: string; limit?: number } = {},
): Promise<CommandRow[]> => {
  const rows = await sql<(Omit<CommandRow, 'epoch'> & { epoch: bigint })[]>`
    select id::text, host_id, epoch, container_id, kind, args, reason, issued_by, issued_at, expires_at, delivered_at,
      state, detail, evidence, finished_at
    from command where host_id = ${hostId} ${containerId ? sql`and container_id = ${containerId}` : sql``}
    order by id desc limit ${limit}`
  return rows.map((row) => ({ ...row, epoch: Number(row.epoch) }))
}
