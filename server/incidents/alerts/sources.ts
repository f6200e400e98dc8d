import { actorOfToken } from '../../accounts/identify.ts'
import { hashOf, makeLinkSecret } from '../../accounts/token.ts'
import { audit } from '../../audit.ts'
import { labelOf, type Actor, type Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'

/** Sources that no token may send as: their alerts are made here. */
const OURS = new Set(['wharfinger', 'heartbeat'])
const PREFIX = 'whalert_'

/** A token that sends alerts under this name and can do nothing else. It is shown once. */
export const addSource = async (ctx: Context, name: string): Promise<{ id: bigint; token: string }> =>
  await ctx.sql.begin(async (tx) => {
    if (OURS.has(name)) throw new DomainError('BAD_REQUEST', `"${name}" is Wharfinger's own`, { path: 'name' })
    const token = `${PREFIX}${makeLinkSecret()}`
    const [row] = await tx<{ id: bigint }[]>`insert into alert_source (name, token_hash, created_by, created_at)
      values (${name}, ${hashOf(token)}, ${labelOf(ctx.actor)}, ${ctx.now}) on conflict (name) do nothing returning id`
    if (!row) throw new DomainError('CONFLICT', `there is a source "${name}" already`, { path: 'name' })
    await audit(tx, ctx, {
      action: 'incidents.alert_source.add',
      subject: { kind: 'alert_source', id: row.id },
      after: { name },
    })
    await announce(tx, 'alerts')
    return { id: row.id, token }
  })

/** Its token sends nothing any more; its alerts stay. @throws DomainError NOT_FOUND */
export const removeSource = async (ctx: Context, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx<{ name: string }[]>`select name from alert_source
      where id = ${id} and removed_at is null for update`
    if (!before) throw new DomainError('NOT_FOUND', `no source ${id}`)
    // Its name is free again.
    await tx`update alert_source set removed_at = ${ctx.now}, name = ${`${before.name} (removed ${id})`} where id = ${id}`
    await audit(tx, ctx, { action: 'incidents.alert_source.remove', subject: { kind: 'alert_source', id }, before })
    await announce(tx, 'alerts')
  })

/**
 * Which source a request with this `Authorization` header is: a source's own token, or an API token with the scope
 * `operate`, whose alerts come as `api`. @throws DomainError UNAUTHENTICATED, FORBIDDEN
 */
export const sourceOf = async (
  ctx: Context,
  authorization: string | undefined,
): Promise<{ source: string; actor: Actor }> => {
  const token = /^Bearer\s+(\S{1,200})$/i.exec(authorization ?? '')?.[1]
  if (token === undefined)
    throw new DomainError('UNAUTHENTICATED', 'send "Authorization: Bearer" with a token of an alert source')
  if (!token.startsWith(PREFIX)) return await byApiToken(ctx, token)
  const [row] = await ctx.sql<{ name: string }[]>`
    update alert_source set last_used_at = ${ctx.now} where token_hash = ${hashOf(token)} and removed_at is null returning name`
  if (!row) throw new DomainError('UNAUTHENTICATED', 'this token of an alert source is not known, or was removed')
  return { source: row.name, actor: { kind: 'system', label: `alert source ${row.name}` } }
}

const byApiToken = async (ctx: Context, token: string) => {
  const actor = await actorOfToken(ctx.sql, token, ctx.now)
  if (actor.kind !== 'token')
    throw new DomainError('UNAUTHENTICATED', (actor.kind === 'anonymous' ? actor.reason : undefined) ?? 'not a token')
  const isOperator = actor.roles.includes('operator') || actor.roles.includes('admin')
  if (!isOperator || !actor.scopes.includes('operate'))
    throw new DomainError('FORBIDDEN', 'alerts need a token of an alert source, or one with the scope "operate"')
  return { source: 'api', actor }
}
