import type { Sql } from '#db/client.ts'
import { audit } from '../audit.ts'
import type { Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import type { ClusterKind, LabelTrust } from './sql.ts'

export type ClusterPolicy = { kind: ClusterKind; labelTrust: LabelTrust; tenantAccount: string | null }

const tenantIdOf = async (sql: Sql, { labelTrust, tenantAccount }: ClusterPolicy): Promise<bigint | null> => {
  if (labelTrust !== 'tenant') {
    if (tenantAccount === null) return null
    throw new DomainError('BAD_REQUEST', 'only a cluster whose labels are trusted as "tenant" belongs to an account', {
      path: 'tenantAccount',
    })
  }
  const [row] = await sql<{ id: bigint }[]>`select id from account where name = ${tenantAccount} and closed_at is null`
  if (row) return row.id
  throw new DomainError(
    'BAD_REQUEST',
    `name the open account that the cluster belongs to; there is no "${tenantAccount}"`,
    {
      path: 'tenantAccount',
    },
  )
}

/** Makes a cluster and gives its id. @throws DomainError CONFLICT where the name is taken. */
export const createCluster = async (ctx: Context, input: ClusterPolicy & { name: string }): Promise<bigint> =>
  ctx.sql.begin(async (tx) => {
    const tenantId = await tenantIdOf(tx, input)
    const [row] = await tx<
      { id: bigint }[]
    >`insert into cluster (name, kind, label_trust, tenant_account_id, created_at)
      values (${input.name}, ${input.kind}, ${input.labelTrust}, ${tenantId}, ${ctx.now})
      on conflict (name) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `a cluster "${input.name}" exists already`, { path: 'name' })
    await audit(tx, ctx, { action: 'hosts.cluster.create', subject: { kind: 'cluster', id: row.id }, after: input })
    return row.id
  })

/**
 * Changes what a cluster's hosts stand under. How far labels are believed decides whose containers are,
 * so attribution is looked through again.
 */
export const editCluster = async (ctx: Context, id: bigint, policy: ClusterPolicy): Promise<void> =>
  ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ kind: string; labelTrust: string; tenantAccountId: bigint | null }[]>`
      select kind, label_trust, tenant_account_id from cluster where id = ${id} for update`
    if (!before) throw new DomainError('NOT_FOUND', `no cluster ${id}`)
    const tenantId = await tenantIdOf(tx, policy)
    await tx`update cluster set kind = ${policy.kind}, label_trust = ${policy.labelTrust},
      tenant_account_id = ${tenantId} where id = ${id}`
    await audit(tx, ctx, { action: 'hosts.cluster.edit', subject: { kind: 'cluster', id }, before, after: policy })
    await addJob(tx, 'usage.attribute', {}, { key: 'usage.attribute' })
  })

/** The cluster of this machine and of hosts nobody placed elsewhere: internal, made by the platform alone. */
export const ensureLocalCluster = async (ctx: Context): Promise<bigint> => {
  const [found] = await ctx.sql<{ id: bigint }[]>`select id from cluster where name = 'local'`
  if (found) return found.id
  try {
    return await createCluster(ctx, { name: 'local', kind: 'internal', labelTrust: 'platform', tenantAccount: null })
  } catch (error) {
    // Another process was quicker.
    if (error instanceof DomainError && error.code === 'CONFLICT') return ensureLocalCluster(ctx)
    throw error
  }
}

/** The cluster of that name; "local" is made where it is missing. @throws DomainError NOT_FOUND */
export const clusterNamed = async (ctx: Context, name: string): Promise<bigint> => {
  if (name === 'local') return ensureLocalCluster(ctx)
  const [row] = await ctx.sql<{ id: bigint }[]>`select id from cluster where name = ${name}`
  if (row) return row.id
  throw new DomainError('NOT_FOUND', `no cluster "${name}"`, { path: 'cluster' })
}
