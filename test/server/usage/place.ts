import { createHash } from 'node:crypto'
import type { Sql } from '#db/client.ts'

/** Rows that the tests of usage stand on. */
export const addAccount = async (sql: Sql, name: string, plan = 'team'): Promise<bigint> => {
  const [row] = await sql<{ id: bigint }[]>`insert into account (name, kind, display_name, plan)
    values (${name}, 'organization', ${name}, ${plan}) returning id`
  return row!.id
}

export const addCluster = async (sql: Sql, name: string, tenant?: bigint, trust?: 'platform' | 'signed') => {
  const [row] = await sql<{ id: bigint }[]>`insert into cluster (name, kind, label_trust, tenant_account_id)
    values (${name}, 'paid', ${trust ?? (tenant === undefined ? 'platform' : 'tenant')}, ${tenant ?? null}) returning id`
  return row!.id
}

export const addHost = async (sql: Sql, clusterId: bigint, name: string): Promise<number> => {
  const [row] = await sql<
    { id: number }[]
  >`insert into host (name, cluster_id) values (${name}, ${clusterId}) returning id`
  return row!.id
}

type Given = {
  kind?: 'container' | 'layer' | 'volume' | 'log'
  labels?: Record<string, string>
  openedAt?: Date
  endedAt?: Date
  containerId?: string
  sizeBytes?: bigint
}

/** Declares an epoch named `name`; its id follows from host and name. */
export const addEpoch = async (sql: Sql, hostId: number, name: string, given: Given = {}): Promise<number> => {
  const kind = given.kind ?? 'container'
  const digest = createHash('sha256').update(`${hostId}\n${kind}\n${name}`).digest()
  const epoch = Number(digest.readBigUInt64BE() >> 11n)
  const containerId = given.containerId ?? digest.toString('hex')
  await sql`insert into epoch (host_id, epoch, kind, boot_id, object_id, started_at, segment, opened_at, witnessed,
      container_id, name, image, labels, ended_at, size_bytes)
    values (${hostId}, ${epoch}, ${kind}, 'boot', ${containerId}, '2026-11-01T00:00:00Z', 0,
      ${given.openedAt ?? new Date('2026-11-01T00:30:00Z')}, true, ${containerId}, ${name}, 'busybox',
      ${JSON.stringify(given.labels ?? {})}::text::jsonb, ${given.endedAt ?? null}, ${given.sizeBytes ?? null})`
  return epoch
}
