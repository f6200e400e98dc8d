import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import { touchStatusPage } from './touchStatusPage.ts'

export type ComponentFields = {
  name: string
  description: string
  region: string | null
  groupId: bigint | null
  position: number
  showUptime: boolean
}

/** A name as part of an URL: `Image registry, ams1` becomes `image-registry-ams1`. */
export const keyOf = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'component'

/** Makes a service that can be out. It is operational until an incident says otherwise. @throws CONFLICT */
export const createComponent = async (ctx: Context, input: ComponentFields & { key?: string }): Promise<bigint> =>
  await ctx.sql.begin((tx) => createComponentIn(tx, ctx, input))

/** The same in the caller's transaction. */
export const createComponentIn = async (
  tx: Tx,
  ctx: Context,
  input: ComponentFields & { key?: string },
): Promise<bigint> => {
  const key = input.key ?? keyOf(input.region ? `${input.name} ${input.region}` : input.name)
  const [made] = await tx<{ id: bigint }[]>`
    insert into component (key, name, description, region, group_id, position, show_uptime, created_at, updated_at)
    values (${key}, ${input.name}, ${input.description}, ${input.region}, ${input.groupId}, ${input.position},
      ${input.showUptime}, ${ctx.now}, ${ctx.now}) on conflict (key) do nothing returning id`
  if (!made)
    throw new DomainError('CONFLICT', `there is or was a component "${key}"; name it otherwise`, { path: 'name' })
  await tx`insert into component_status (component_id, status, from_at) values (${made.id}, 'operational', ${ctx.now})`
  await changed(tx, ctx, 'create', made.id, undefined, { key, ...input })
  return made.id
}

/** Renames, describes and moves it; its key stays. @throws NOT_FOUND */
export const editComponent = async (ctx: Context, id: bigint, input: ComponentFields): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const before = await lockComponent(tx, id)
    await tx`update component set name = ${input.name}, description = ${input.description}, region = ${input.region},
        group_id = ${input.groupId}, position = ${input.position}, show_uptime = ${input.showUptime}, updated_at = ${ctx.now}
      where id = ${id}`
    await changed(tx, ctx, 'edit', id, before, input)
  })

/** Takes it off the page and out of the composer; its history stays. @throws CONFLICT while something affects it */
export const archiveComponent = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const before = await lockComponent(tx, id)
    if (before.status !== 'operational')
      throw new DomainError('CONFLICT', `${before.name} is part of an open incident; resolve that first`)
    await tx`update component set archived_at = ${ctx.now} where id = ${id}`
    await changed(tx, ctx, 'archive', id, before)
  })

/** A heading of the status page. @throws CONFLICT */
export const createGroup = async (ctx: Context, input: { name: string; position: number }): Promise<bigint> =>
  await ctx.sql.begin(async (tx) => {
    const [made] = await tx<{ id: bigint }[]>`insert into component_group (name, position)
      values (${input.name}, ${input.position}) on conflict (name) do nothing returning id`
    if (!made) throw new DomainError('CONFLICT', `there is a group "${input.name}" already`, { path: 'name' })
    await audit(tx, ctx, {
      action: 'incidents.group.create',
      subject: { kind: 'component_group', id: made.id },
      after: input,
    })
    return made.id
  })

/** @throws NOT_FOUND, CONFLICT */
export const editGroup = async (ctx: Context, id: bigint, input: { name: string; position: number }): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [taken] = await tx`select 1 from component_group where name = ${input.name} and id <> ${id}`
    if (taken) throw new DomainError('CONFLICT', `there is a group "${input.name}" already`, { path: 'name' })
    const [before] = await tx`select name, position from component_group where id = ${id} for update`
    if (!before) throw new DomainError('NOT_FOUND', `no group ${id}`)
    await tx`update component_group set name = ${input.name}, position = ${input.position} where id = ${id}`
    await touchStatusPage(tx)
    await audit(tx, ctx, {
      action: 'incidents.group.edit',
      subject: { kind: 'component_group', id },
      before,
      after: input,
    })
  })

/** By host, by cluster, or by name with `*` for any run of characters; a cluster and a name together mean both. */
export type Placement = { hostId: number | null; clusterId: bigint | null; hostName: string | null }

/** Says what a component stands on. @throws BAD_REQUEST, NOT_FOUND, CONFLICT */
export const placeComponent = async (ctx: Context, componentId: bigint, on: Placement): Promise<bigint> =>
  await ctx.sql.begin((tx) => placeComponentIn(tx, ctx, componentId, on))

/** The same in the caller's transaction. */
export const placeComponentIn = async (tx: Tx, ctx: Context, componentId: bigint, on: Placement): Promise<bigint> => {
  await lockComponent(tx, componentId)
  if (on.hostId === null && on.clusterId === null && on.hostName === null)
    throw new DomainError('BAD_REQUEST', 'name a host, a cluster, or a pattern of host names')
  if (on.hostId !== null && !(await tx`select 1 from host where id = ${on.hostId}`)[0])
    throw new DomainError('NOT_FOUND', `no host ${on.hostId}`, { path: 'hostId' })
  if (on.clusterId !== null && !(await tx`select 1 from cluster where id = ${on.clusterId}`)[0])
    throw new DomainError('NOT_FOUND', `no cluster ${on.clusterId}`, { path: 'clusterId' })
  const [known] = await tx`select 1 from component_placement where component_id = ${componentId}
    and host_id is not distinct from ${on.hostId}::int and cluster_id is not distinct from ${on.clusterId}::bigint
    and host_name is not distinct from ${on.hostName}::text`
  if (known) throw new DomainError('CONFLICT', 'it is placed there already')
  const [made] = await tx<{ id: bigint }[]>`
    insert into component_placement (component_id, host_id, cluster_id, host_name, created_by, created_at)
    values (${componentId}, ${on.hostId}, ${on.clusterId}, ${on.hostName}, ${labelOf(ctx.actor)}, ${ctx.now})
    returning id`
  await changed(tx, ctx, 'place', componentId, undefined, on)
  return made!.id
}

/** Takes a placement back; what was recorded stays. @throws NOT_FOUND */
export const removePlacement = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ componentId: bigint }[]>`delete from component_placement where id = ${id}
      returning component_id, host_id, cluster_id, host_name`
    if (!before) throw new DomainError('NOT_FOUND', `no placement ${id}, or it was removed before`)
    await changed(tx, ctx, 'unplace', before.componentId, before)
  })

const lockComponent = async (tx: Tx, id: bigint) => {
  const [row] = await tx<{ name: string; status: string }[]>`select key, name, description, region, group_id, position,
      show_uptime, status from component where id = ${id} and archived_at is null for update`
  if (!row) throw new DomainError('NOT_FOUND', `no component ${id}`)
  return row
}

const changed = async (tx: Tx, ctx: Context, verb: string, id: bigint, before?: unknown, after?: unknown) => {
  await touchStatusPage(tx)
  await audit(tx, ctx, {
    action: `incidents.component.${verb}`,
    subject: { kind: 'component', id },
    before,
    after,
  })
  await announce(tx, 'incidents')
}
