import type { Pool } from '#db/client.ts'
import { seedCatalog } from '#server/billing/seedCatalog.ts'
import { newestVersion } from '#server/billing/planVersion.ts'
import { openDispute } from '#server/billing/openDispute.ts'
import { startSubscription } from '#server/billing/startSubscription.ts'
import { publish } from '#server/abuse/bundle.ts'
import { systemContext, type Context } from '#server/context.ts'
import { find, livesOf, mining } from '#server/demo/abuse.ts'
import { keepBooks } from '#server/demo/billing.ts'
import { seedRepository } from '#server/demo/repositories.ts'
import type { Env } from '#server/env.ts'
import { backfillIncident } from '#server/incidents/backfill.ts'
import { createComponent } from '#server/incidents/components.ts'
import { escalate } from '#server/incidents/onCall/escalate.ts'
import { pageFor } from '#server/incidents/onCall/openPage.ts'

const DAY_MS = 86_400_000
const REPOSITORIES = 60
const TAGS = 20
const INCIDENTS = 60
const PAGES = 40

/** The customer's invoices, repositories and case, and the operators' incidents and pages; each by its own verb. */
export const seedObjects = async (sql: Pool, env: Env, account: string): Promise<void> => {
  const ctx = systemContext(sql, env, 'bench')
  const ago = (days: number): Context => ({ ...ctx, now: new Date(ctx.now.getTime() - days * DAY_MS) })
  const [row] = await sql<{ id: bigint }[]>`select id from account where name = ${account}`
  if (!row) throw new Error(`no account ${account}`)
  await seedCatalog(ctx)
  const { id: planVersionId } = await newestVersion(sql, 'cloud', 'EUR', 'month')
  await startSubscription(ago(70), { accountId: row.id, planVersionId, trialDays: 0 })
  for (const days of [35, 5, 0]) await keepBooks(ago(days))
  const [invoice] = await sql<{ number: string }[]>`
    select number from invoice where account_id = ${row.id} and number is not null order by id desc limit 1`
  if (!invoice) throw new Error('no invoice was finalized')
  const customer = { id: row.id, name: account }
  await openDispute(ctx, customer, { number: invoice.number, position: null, question: 'Why so much?' })

  for (let n = 1; n <= REPOSITORIES; n += 1) {
    const of = { name: `repo-${n}`, about: `Repository ${n}`, mib: 100 + n, tags: TAGS, pulls: 50 + n, pushedHours: n }
    await sql.begin((tx) => seedRepository(tx, ctx, { accountId: row.id, account }, { ...of, isPublic: n % 2 === 0 }))
  }

  await publish(ago(2))
  for (const life of await livesOf(sql, row.id)) await find(ago(1), life, { observations: mining('bench') })

  const componentId = await createComponent(ctx, {
    ...{ name: 'Apps', region: 'ams1', description: '', groupId: null, position: 0, showUptime: true },
  })
  for (let n = 1; n <= INCIDENTS; n += 1)
    await backfillIncident(ctx, {
      title: `Outage ${n}`,
      text: 'Some apps cannot be reached.',
      resolvedText: 'All apps can be reached again.',
      startedAt: ago(n + 0.1).now,
      resolvedAt: ago(n).now,
      components: [{ componentId, status: 'partial_outage' }],
      hosts: [1, 2, 3],
      requestId: `bench-${n}`,
    })
  for (let n = 1; n <= PAGES; n += 1) await pageFor(ctx, { key: `bench:${n}`, title: `Page ${n}`, body: 'Look.' })
  await escalate(ctx)
}
