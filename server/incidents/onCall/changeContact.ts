import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { announce } from '../../live.ts'
import { sealChannelSecret, openChannelSecret } from '../channelSecret.ts'
import type { Outcome } from '../channel.ts'
import { ackToken, ackUrl } from './ackLink.ts'
import { contactKind } from './contacts/kinds.ts'
import { checkFields } from '../fields.ts'

const MOST_CONTACTS = 20

/** Adds a way to reach a person. @throws DomainError BAD_REQUEST at the field that is wrong, CONFLICT */
export const addContact = async (
  ctx: Context,
  userId: string,
  input: { kind: string; fields: Readonly<Record<string, string>> },
): Promise<bigint> => {
  const kind = contactKind(input.kind)
  if (!kind) throw new DomainError('BAD_REQUEST', 'there is no such way to reach somebody', { path: 'kind' })
  const given = Object.entries(input.fields).filter(([name, text]) => name in kind.fields && text.trim() !== '')
  const isSecret = (name: string) => kind.fields[name]?.secret === true
  const settings = checkFields(kind.settings, Object.fromEntries(given.filter(([name]) => !isSecret(name))))
  const secret = checkFields(kind.secret, Object.fromEntries(given.filter(([name]) => isSecret(name))))
  const address = kind.addressOf(settings).slice(0, 500)
  return await ctx.sql.begin(async (tx) => {
    const known = await tx<{ kind: string; address: string }[]>`select kind, address from contact_method
      where user_id = ${userId} and removed_at is null`
    if (known.length >= MOST_CONTACTS)
      throw new DomainError('CONFLICT', `${MOST_CONTACTS} ways are enough; remove one first`)
    if (known.some((one) => one.kind === kind.kind && one.address === address))
      throw new DomainError('CONFLICT', 'that one is there already')
    const [row] = await tx<{ id: bigint }[]>`
      insert into contact_method (user_id, kind, address, settings, sealed_secret, position, created_at)
      values (${userId}, ${kind.kind}, ${address}, ${JSON.stringify(settings)}::text::jsonb,
        ${sealChannelSecret(ctx.env.secret, secret)}, ${known.length}, ${ctx.now}) returning id`
    await audit(tx, ctx, {
      action: 'incidents.contact.add',
      subject: { kind: 'contact_method', id: row!.id },
      after: { userId, kind: kind.kind, address },
    })
    await announce(tx, 'oncall')
    return row!.id
  })
}

/** They are not reached by it any more; its secret is forgotten. @throws DomainError NOT_FOUND */
export const removeContact = async (ctx: Context, userId: string, id: bigint): Promise<void> =>
  await ctx.sql.begin(async (tx) => {
    const [before] = await tx`update contact_method set removed_at = ${ctx.now}, sealed_secret = null
      where id = ${id} and user_id = ${userId} and removed_at is null returning kind, address`
    if (!before) throw new DomainError('NOT_FOUND', `you have no contact ${id}`)
    await audit(tx, ctx, { action: 'incidents.contact.remove', subject: { kind: 'contact_method', id }, before })
    await announce(tx, 'oncall')
  })

const TIMEOUT_MS = 15_000

/** Sends a message that says it is a test, by one way; nobody else is woken. @throws DomainError NOT_FOUND */
export const testContact = async (ctx: Context, userId: string, id: bigint): Promise<Outcome> => {
  const [row] = await ctx.sql<{ kind: string; settings: unknown; sealedSecret: string | null }[]>`
    select kind, settings, sealed_secret from contact_method
    where id = ${id} and user_id = ${userId} and removed_at is null`
  const kind = row && contactKind(row.kind)
  if (!row || !kind) throw new DomainError('NOT_FOUND', `you have no contact ${id}`)
  const secret = row.sealedSecret === null ? {} : openedSecret(ctx, row.sealedSecret)
  // Its link is of no message: it opens, and says so.
  const none = 0n
  return await kind.send(
    ctx,
    { settings: kind.settings.parse(row.settings), secret: kind.secret.parse(secret) },
    {
      view: {
        page: `test-${id}`,
        title: 'Test: this is how you are paged',
        body: 'Nothing is wrong. You asked for this message.',
        openedAt: ctx.now,
        round: 0,
        ackUrl: ackUrl(ctx.env, none),
        ackNowUrl: `${ctx.env.publicUrl}/v1/ack/${ackToken(ctx.env.secret, none)}`,
        incident: null,
        isDrill: false,
      },
      key: `page-test-${crypto.randomUUID()}`,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  )
}

const openedSecret = ({ env }: Context, sealed: string): unknown => {
  try {
    return openChannelSecret(env.secret, sealed)
  } catch {
    throw new DomainError('UNPROCESSABLE', 'its secret cannot be read any more; remove it and add it anew')
  }
}
