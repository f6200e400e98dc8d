import { audit } from '../audit.ts'
import { labelOf, type Context } from '../context.ts'
import { DomainError } from '../errors.ts'
import { announce } from '../live.ts'
import type { Outcome, UpdateView } from './channel.ts'
import { adapterOf } from './channels/kinds.ts'
import { openChannelSecret } from './channelSecret.ts'

/**
 * Sends a text to a channel that says it is a test, and takes it away again where the channel can. What came of it becomes
 * the channel's health. @throws DomainError NOT_FOUND, UNPROCESSABLE where the channel cannot be read
 */
export const testChannel = async (ctx: Context, id: bigint): Promise<Outcome> => {
  const [row] = await ctx.sql<{ kind: string; name: string; settings: unknown; sealedSecret: string | null }[]>`
    select kind, name, settings, sealed_secret from channel where id = ${id} and removed_at is null`
  const adapter = row && adapterOf(row.kind)
  if (!row || !adapter) throw new DomainError('NOT_FOUND', `no channel ${id}`)
  const account = { settings: adapter.settings.parse(row.settings), secret: secretOf(ctx, row.sealedSecret) }
  const body = adapter.render(testUpdate(ctx), account.settings)
  const send = {
    body,
    key: `test-${crypto.randomUUID()}`,
    now: ctx.now,
    allowPrivate: ctx.env.WHARF_ALLOW_PRIVATE_WEBHOOKS,
  }
  const within = () => AbortSignal.timeout(adapter.timeoutMs)
  const outcome = await adapter.send(account, { ...send, action: 'post', previous: null, signal: within() })
  if (outcome.kind === 'delivered' && adapter.can?.includes('delete'))
    await adapter.send(account, { ...send, action: 'delete', previous: outcome.receipt, signal: within() })
  const isRefused = outcome.kind === 'permanent' && outcome.unauthorized === true
  const health = outcome.kind === 'delivered' ? 'ok' : isRefused ? 'unauthorized' : 'failing'
  const detail = outcome.kind === 'delivered' ? null : outcome.reason
  await ctx.sql.begin(async (tx) => {
    await tx`update channel set health = ${health}, health_detail = ${detail}, health_at = ${ctx.now} where id = ${id}`
    await audit(tx, ctx, {
      action: 'incidents.channel.test',
      subject: { kind: 'channel', id },
      after: { outcome: outcome.kind, detail },
    })
    await announce(tx, 'channels')
  })
  return outcome
}

const secretOf = ({ env }: Context, sealed: string | null): unknown => {
  try {
    return sealed === null ? {} : openChannelSecret(env.secret, sealed)
  } catch {
    throw new DomainError('UNPROCESSABLE', 'the channel’s secret cannot be read any more; enter it anew')
  }
}

const testUpdate = ({ env, now, actor }: Context): UpdateView => ({
  incident: 'TEST',
  title: 'Test of this channel',
  state: 'resolved',
  impact: 'none',
  number: 0,
  kind: 'update',
  text: `This is a test that ${labelOf(actor)} asked for at ${now.toISOString().slice(11, 19)} UTC. Nothing is wrong.`,
  components: [],
  at: now,
  nextUpdateAt: null,
  link: `${env.publicUrl}/status`,
  isDrill: false,
})
