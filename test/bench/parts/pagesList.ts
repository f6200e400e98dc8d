import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool } from '#db/client.ts'
import { ackToken } from '#server/incidents/onCall/ackLink.ts'
import { ACCOUNT } from './pagesData.ts'

/** Who asks for a page. */
export type Visitor = 'operator' | 'customer' | 'anonymous'
/** `page` is the route as its folder names it, with the query where a heavier view of it is measured. */
export type Page = { page: string; path: string; visitor: Visitor }

const ANONYMOUS = /^\/(sign-in|sign-up|first-run|reset|invite|ack\/\[token\])$/
/** Views of a page that cost more than what it opens with. */
const QUERIES: Record<string, string[]> = {
  '/[account]': ['window=30d'],
  '/[account]/usage': ['window=24h', 'window=30d'],
  '/[account]/apps/[app]': ['window=30d'],
  '/[account]/apps/[app]/[container]': ['window=24h'],
}

/** Every page of `app/`, as its folders name them. */
const routesOf = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)page\.tsx$/.test(name))
    .map((name) => `/${name.replace(/\/?page\.tsx$/, '')}`)
    .toSorted()

const valuesFrom = async (sql: Pool, secret: string) => {
  const [container] = await sql<{ hostId: number; epoch: bigint; containerId: string; app: string }[]>`
    select e.host_id, e.epoch, e.container_id, t.app from epoch e join attribution t on t.host_id = e.host_id and t.epoch = e.epoch
    join account a on a.id = t.account_id and a.name = ${ACCOUNT} where e.kind = 'container' order by 1 desc, 2 limit 1`
  const [violation] = await sql<{ id: bigint }[]>`select id from violation where state = 'open' order by id limit 1`
  const [objects] = await sql<Record<'number' | 'invoice' | 'dispute' | 'case' | 'incident' | 'message', string>[]>`
    select i.number, i.id::text as invoice,
      (select max(d.id)::text from billing_dispute d where d.account_id = a.id) as dispute, (select min(c.id)::text from abuse_case c where c.account_id = a.id) as "case",
      (select 'INC-' || max(id) from incident) as incident, (select min(id)::text from page_message) as message
    from account a join invoice i on i.account_id = a.id and i.number is not null where a.name = ${ACCOUNT}
    order by i.id desc limit 1`
  if (!container || !violation || !objects) throw new Error('the store has no container, violation or invoice to show')
  return {
    account: ACCOUNT,
    name: ACCOUNT,
    host: String(container.hostId),
    epoch: String(container.epoch),
    app: container.app,
    container: `${container.hostId}-${container.containerId}`,
    violation: String(violation.id),
    ...objects,
    token: ackToken(secret, BigInt(objects.message)),
    owner: ACCOUNT,
    repository: 'repo-2',
    tag: 'latest',
    plan: 'cloud',
  }
}

/** What a page's `[id]` is of. */
const idOf = (page: string) => /^\/ops\/billing\/(invoice|dispute)s/.exec(page)?.[1] ?? 'violation'

/** All pages, with what stands in for their parameters. Throws on a parameter that nobody gave a value. */
export const listPages = async (sql: Pool, secret: string): Promise<Page[]> => {
  const values: Record<string, string> = await valuesFrom(sql, secret)
  return routesOf(join(import.meta.dirname, '../../../app')).flatMap((page): Page[] => {
    const path = page.replaceAll(/\[(\w+)\]/g, (_, name: string) => {
      const value = values[name === 'id' ? idOf(page) : name]
      if (value === undefined) throw new Error(`no value for [${name}] of ${page}`)
      return value
    })
    const visitor = page.startsWith('/ops') ? 'operator' : ANONYMOUS.test(page) ? 'anonymous' : 'customer'
    const queries = (QUERIES[page] ?? []).map((query) => `?${query}`)
    return ['', ...queries].map((query) => ({ page: page + query, path: path + query, visitor }))
  })
}
