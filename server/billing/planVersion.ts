import type { Sql } from '#db/client.ts'
import { DomainError } from '../errors.ts'
import type { PriceVersion } from './terms.ts'

/** A plan version with what rating does not need. `publishedAt` is null while it is a draft. */
export type VersionRow = PriceVersion & {
  planName: string
  planDescription: string
  trialDays: number
  digest: string
  publishedAt: Date | null
}

type Row = Omit<VersionRow, 'id'> & { id: bigint }

const columns = (sql: Sql) => sql`v.id, p.key as plan, p.name as plan_name, p.description as plan_description,
  v.version, v.currency, v.interval, v.terms,
  v.trial_days, v.digest, v.published_at`
const viewed = (row: Row): VersionRow => ({ ...row, id: row.id.toString() })
const priced = (row: VersionRow): PriceVersion => {
  const { id, plan, version, currency, interval, terms } = row
  return { id, plan, version, currency, interval, terms }
}

/** One plan version, draft or published. @throws NOT_FOUND */
export const versionRow = async (sql: Sql, id: bigint | string): Promise<VersionRow> => {
  const [row] = await sql<Row[]>`select ${columns(sql)} from plan_version v join plan p on p.id = v.plan_id
    where v.id = ${id}`
  if (!row) throw new DomainError('NOT_FOUND', `no plan version ${id}`)
  return viewed(row)
}

// A process speaks to one database, and what is published never changes.
const published = new Map<string, PriceVersion>()
const MOST_KEPT = 2_000

/** One plan version as rating takes it. Published ones are read once a process. @throws NOT_FOUND */
export const planVersionOf = async (sql: Sql, id: bigint | string): Promise<PriceVersion> => {
  const kept = published.get(String(id))
  if (kept) return kept
  const row = await versionRow(sql, id)
  const version = priced(row)
  if (row.publishedAt && published.size < MOST_KEPT) published.set(version.id, version)
  return version
}

/** Every published version of a plan in a currency and interval, by its number in the store. */
export const siblingVersions = async (
  sql: Sql,
  of: Pick<PriceVersion, 'plan' | 'currency' | 'interval'>,
): Promise<Map<string, PriceVersion>> => {
  const rows = await sql<Row[]>`select ${columns(sql)} from plan_version v join plan p on p.id = v.plan_id
    where p.key = ${of.plan} and v.currency = ${of.currency} and v.interval = ${of.interval}
      and v.published_at is not null`
  return new Map(rows.map((row) => [row.id.toString(), priced(viewed(row))]))
}

/** The plan of every account that chose no other, and of what is left of one while it is paused. */
export const FREE = 'free'

/** The newest published version of a plan on sale, in one currency or in each; the newest of all first. */
export const newestVersions = async (
  sql: Sql,
  plan: string,
  interval: 'month' | 'year',
  currency: string | null = null,
): Promise<VersionRow[]> => {
  const rows = await sql<Row[]>`select ${columns(sql)} from plan_version v join plan p on p.id = v.plan_id
    where p.key = ${plan} and v.interval = ${interval} and v.published_at is not null and p.archived_at is null
      and (${currency}::text is null or v.currency = ${currency}) and not exists (select from plan_version n
        where n.plan_id = v.plan_id and n.currency = v.currency and n.interval = v.interval and n.version > v.version
          and n.published_at is not null)
    order by v.published_at desc, v.id`
  return rows.map(viewed)
}

/** The version that new customers of a plan get. @throws NOT_FOUND where it is not sold in that currency and interval */
export const newestVersion = async (
  sql: Sql,
  plan: string,
  currency: string,
  interval: 'month' | 'year',
): Promise<VersionRow> => {
  const [row] = await newestVersions(sql, plan, interval, currency)
  if (row) return row
  throw new DomainError('NOT_FOUND', `the plan ${plan} is not sold by the ${interval} in ${currency}`)
}

/** The newest published version of each plan on sale in a currency: what a customer may choose from. */
export const versionsOnSale = async (sql: Sql, currency: string): Promise<VersionRow[]> => {
  const rows = await sql<Row[]>`select distinct on (p.position, p.id, v.interval) ${columns(sql)}
    from plan_version v join plan p on p.id = v.plan_id
    where v.currency = ${currency} and v.published_at is not null and p.archived_at is null and p.is_public
    order by p.position, p.id, v.interval, v.version desc`
  return rows.map(viewed)
}
