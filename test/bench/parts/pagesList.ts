import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Pool } from '#db/client.ts'
import { ACCOUNT } from './pagesData.ts'

/** Who asks for a page. */
export type Visitor = 'operator' | 'customer' | 'anonymous'
/** `page` is the route as its folder names it, with the query where a heavier view of it is measured. */
export type Page = { page: string; path: string; visitor: Visitor }

const ANONYMOUS = /^\/(sign-in|sign-up|first-run|reset|invite)$/
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

const valuesFrom = async (sql: Pool) => {
  const [container] = await sql<{ hostId: number; epoch: bigint; containerId: string; app: string }[]>`
    select e.host_id, e.epoch, e.container_id, t.app from epoch e join attribution t on t.host_id = e.host_id and t.epoch = e.epoch
    join account a on a.id = t.account_id and a.name = ${ACCOUNT} where e.kind = 'container' order by 1 desc, 2 limit 1`
  const [violation] = await sql<{ id: bigint }[]>`select id from violation where state = 'open' order by id limit 1`
  if (!container || !violation) throw new Error('the store has no container of the customer, or no violation')
  return {
    account: ACCOUNT,
    name: ACCOUNT,
    host: String(container.hostId),
    epoch: String(container.epoch),
    app: container.app,
    container: `${container.hostId}-${container.containerId}`,
    id: String(violation.id),
  }
}

/** All pages, with what stands in for their parameters. Throws on a parameter that nobody gave a value. */
export const listPages = async (sql: Pool): Promise<Page[]> => {
  const values: Record<string, string> = await valuesFrom(sql)
  return routesOf(join(import.meta.dirname, '../../../app')).flatMap((page): Page[] => {
    const path = page.replaceAll(/\[(\w+)\]/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`no value for [${name}] of ${page}`)
      return value
    })
    const visitor = page.startsWith('/ops') ? 'operator' : ANONYMOUS.test(page) ? 'anonymous' : 'customer'
    const queries = (QUERIES[page] ?? []).map((query) => `?${query}`)
    return ['', ...queries].map((query) => ({ page: page + query, path: path + query, visitor }))
  })
}
