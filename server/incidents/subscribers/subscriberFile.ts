import { z } from 'zod'
import type { Sql } from '#db/client.ts'
import { csvField } from '../../accounts/auditExport.ts'
import { audit } from '../../audit.ts'
import type { Context } from '../../context.ts'
import { DomainError } from '../../errors.ts'
import { rowsOf } from '../../rowsOf.ts'
import { hookAddress, mailAddress } from './address.ts'
import { subscribeIn } from './subscribe.ts'

const HEAD = ['kind', 'address', 'components', 'since', 'state']

/** Everybody who is or was told, as CSV (RFC 4180): keys of components between semicolons, none is all. */
export const exportSubscribers = async (ctx: Context): Promise<{ name: string; text: string; rows: number }> => {
  const rows = await ctx.sql<
    { kind: string; address: string; components: string[] | null; since: Date; state: string }[]
  >`select kind, address, components, coalesce(confirmed_at, created_at) as since,
      case when quarantined_at is not null then 'quarantined' when confirmed_at is null then 'asked' else 'told' end as state
    from subscriber where unsubscribed_at is null order by id`
  await audit(ctx.sql, ctx, {
    action: 'incidents.subscriber.export',
    subject: { kind: 'status_page', id: 1 },
    after: { rows: rows.length },
  })
  const lines = rows.map((row) =>
    [row.kind, row.address, (row.components ?? []).join(';'), row.since.toISOString(), row.state]
      .map(csvField)
      .join(','),
  )
  const text = `${[HEAD.join(','), ...lines].join('\r\n')}\r\n`
  return { name: `subscribers-${ctx.now.toISOString().slice(0, 10)}.csv`, text, rows: rows.length }
}

const record = z.object({
  kind: z.enum(['email', 'webhook']).default('email'),
  address: z.string().max(2_000).optional(),
  email: z.string().max(300).optional(),
  components: z.string().max(2_000).optional(),
  state: z.string().optional(),
})

export type Imported = { added: number; known: number; left: number; faults: { line: number; message: string }[] }

/** More at once than this is a file too many. */
const MOST_ROWS = 50_000

/**
 * Takes subscribers from a file: CSV with a heading, `address` or `email` and perhaps `components`, as other status pages give
 * them out too. With `agreed` they are told from now on, else each is asked. Who unsubscribed here stays away; lines that
 * cannot be read are told and left out. @throws BAD_REQUEST for a file that is none
 */
export const importSubscribers = async (
  ctx: Context,
  { text, agreed }: { text: string; agreed: boolean },
): Promise<Imported> => {
  const records = rowsOf(text)
  if (records.length > MOST_ROWS) throw new DomainError('BAD_REQUEST', `at most ${MOST_ROWS} lines`, { path: 'text' })
  const result: Imported = { added: 0, known: 0, left: 0, faults: [] }
  const away = await leftBefore(ctx.sql)
  for (const { line, value } of records) {
    try {
      const { kind, to, components } = read(value)
      if (away.has(`${kind} ${to.address}`.toLowerCase())) {
        result.left += 1
        continue
      }
      const { isNew } = await ctx.sql.begin((tx) => subscribeIn(tx, ctx, { kind, to, components, agreed }))
      result[isNew ? 'added' : 'known'] += 1
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      result.faults.push({ line, message: error.message })
    }
  }
  await audit(ctx.sql, ctx, {
    action: 'incidents.subscriber.import',
    subject: { kind: 'status_page', id: 1 },
    after: { agreed, ...result, faults: result.faults.length },
  })
  return result
}

const read = (value: unknown) => {
  const parsed = record.safeParse(lowerKeys(value))
  if (!parsed.success) throw new DomainError('BAD_REQUEST', parsed.error.issues[0]?.message ?? 'not a subscriber')
  const { kind, address, email, components, state } = parsed.data
  if (state === 'quarantined') throw new DomainError('BAD_REQUEST', 'mails to it came back; it is left out')
  const given = address ?? email
  if (!given) throw new DomainError('BAD_REQUEST', 'no address: a column named address or email is needed')
  const keys = (components ?? '')
    .split(/[;|]/u)
    .map((key) => key.trim())
    .filter((key) => key !== '')
  const to = { address: kind === 'email' ? mailAddress(given) : hookAddress(given), settings: {}, secret: null }
  return { kind, to, components: keys.length > 0 ? keys : null }
}

const lowerKeys = (value: unknown) =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, of]) => [key.toLowerCase().trim(), of]))
    : value

const leftBefore = async (sql: Sql): Promise<Set<string>> => {
  const rows = await sql<{ kind: string; address: string }[]>`select s.kind, s.address from subscriber s
    where s.unsubscribed_at is not null and not exists (select 1 from subscriber n
      where n.kind = s.kind and n.address = s.address and n.unsubscribed_at is null)`
  return new Set(rows.map(({ kind, address }) => `${kind} ${address}`.toLowerCase()))
}
