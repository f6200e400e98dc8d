import type { Tx } from '#db/client.ts'
import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { addJob } from '../jobs.ts'
import { announce } from '../live.ts'
import type { ChannelAdapter } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import { openChannelSecret, sealChannelSecret } from './channelSecret.ts'
import { checkFields } from './fields.ts'

/** Fields as a form has them; of the secret ones, what is left empty stays as it is kept. */
export type ChannelForm = {
  name: string
  isPublic: boolean
  position: number
  fields: Readonly<Record<string, string>>
}

/** Adds a channel. @throws DomainError BAD_REQUEST at the field that is wrong */
export const addChannel = async (ctx: Context, kind: string, form: ChannelForm): Promise<bigint> => {
  const adapter = known(kind)
  const { settings, secret } = read(adapter, form.fields, {})
  return await ctx.sql.begin(async (tx) => {
    const [row] = await tx<{ id: bigint }[]>`
      insert into channel (kind, name, is_public, settings, sealed_secret, position, created_by, created_at)
      values (${kind}, ${form.name}, ${form.isPublic}, ${JSON.stringify(settings)}::text::jsonb,
        ${sealChannelSecret(ctx.env.secret, secret)}, ${form.position}, ${labelOf(ctx.actor)}, ${ctx.now}) returning id`
    await note(tx, ctx, 'add', row!.id, null, { kind, ...shown(form), settings })
    return row!.id
  })
}

/** Changes a channel's settings; a new secret replaces the old. @throws DomainError NOT_FOUND, BAD_REQUEST */
export const editChannel = async (ctx: Context, id: bigint, form: ChannelForm): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const before = await lock(tx, id)
    const kept = before.sealedSecret === null ? {} : opened(ctx, before.sealedSecret)
    const { settings, secret } = read(known(before.kind), form.fields, kept)
    // What was wrong before may be right now: the next try tells.
    await tx`update channel set name = ${form.name}, is_public = ${form.isPublic}, position = ${form.position},
        settings = ${JSON.stringify(settings)}::text::jsonb, sealed_secret = ${sealChannelSecret(ctx.env.secret, secret)},
        health = 'unknown', health_detail = null, health_at = ${ctx.now}, wait_until = null
      where id = ${id}`
    const { name, isPublic, position, settings: was } = before
    await note(tx, ctx, 'edit', id, { name, isPublic, position, settings: was }, { ...shown(form), settings })
  })
}

/** Turns a channel off or on; what waits for it is not sent while it is off. @throws DomainError NOT_FOUND */
export const enableChannel = async (ctx: Context, id: bigint, enabled: boolean): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const before = await lock(tx, id)
    if (before.enabled === enabled) return
    await tx`update channel set enabled = ${enabled} where id = ${id}`
    if (!enabled) await skipWaiting(tx, id, 'the channel was turned off')
    await note(tx, ctx, enabled ? 'enable' : 'disable', id, { enabled: before.enabled }, { enabled })
  })
}

/** Removes a channel and forgets its secret; its deliveries stay in the record. @throws DomainError NOT_FOUND */
export const removeChannel = async (ctx: Context, id: bigint): Promise<void> => {
  await ctx.sql.begin(async (tx) => {
    const { kind, name } = await lock(tx, id)
    await tx`update channel set removed_at = ${ctx.now}, enabled = false, sealed_secret = null where id = ${id}`
    await skipWaiting(tx, id, 'the channel was removed')
    await note(tx, ctx, 'remove', id, { kind, name }, undefined)
  })
}

const known = (kind: string): ChannelAdapter => {
  const adapter = adapterOf(kind)
  if (!adapter) throw new DomainError('BAD_REQUEST', `there is no kind of channel "${kind}"`, { path: 'kind' })
  return adapter
}

type Locked = {
  kind: string
  name: string
  isPublic: boolean
  position: number
  enabled: boolean
  settings: unknown
  sealedSecret: string | null
}

const lock = async (tx: Tx, id: bigint): Promise<Locked> => {
  const [row] = await tx<Locked[]>`select kind, name, is_public, position, enabled, settings, sealed_secret from channel
    where id = ${id} and removed_at is null for update`
  if (!row) throw new DomainError('NOT_FOUND', `no channel ${id}`)
  return row
}

/** Secrets that cannot be read any more have to be entered anew. */
const opened = ({ env }: Context, sealed: string): object => {
  try {
    return openChannelSecret(env.secret, sealed) as object
  } catch {
    return {}
  }
}

const read = (adapter: ChannelAdapter, fields: ChannelForm['fields'], kept: object) => {
  const entries = Object.entries(fields).filter(([name]) => name in adapter.fields)
  const isSecret = (name: string) => adapter.fields[name]?.secret === true
  const given = Object.fromEntries(entries.filter(([name, text]) => isSecret(name) && text.trim() !== ''))
  return {
    settings: checkFields(adapter.settings, Object.fromEntries(entries.filter(([name]) => !isSecret(name)))),
    secret: checkFields(adapter.secret, { ...kept, ...given }),
  }
}

const shown = ({ name, isPublic, position }: ChannelForm) => ({ name, isPublic, position })

const skipWaiting = async (tx: Tx, id: bigint, why: string) => {
  await tx`update delivery set state = 'skipped', next_at = null, last_error = ${why}
    where channel_id = ${id} and state in ('pending', 'retryable')`
}

const note = async (tx: Tx, ctx: Context, verb: string, id: bigint, before: unknown, after: unknown) => {
  await audit(tx, ctx, { action: `incidents.channel.${verb}`, subject: { kind: 'channel', id }, before, after })
  await announce(tx, 'channels')
  if (verb === 'enable' || verb === 'edit') await addJob(tx, 'incidents.deliver', {})
}
