import { AxeBuilder } from '@axe-core/playwright'
import { globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readEnv } from '#server/env.ts'
import { ackToken } from '#server/incidents/onCall/ackLink.ts'
import { page as openPage } from './browser.ts'
import { startControlPlane, type ControlPlane } from './controlPlane.ts'
import { signIn } from './steps.ts'

const root = join(import.meta.dirname, '..', '..')
const routes = globSync('app/**/page.tsx', { cwd: root })
  .map((file) => dirname(file).slice('app'.length) || '/')
  .toSorted()

/** Pages for people who are not signed in; everything else is opened as the demo's operator. */
const PUBLIC = new Set(['/sign-in', '/sign-up', '/first-run', '/reset', '/invite', '/ack/[token]'])

/** Pages that only lead on, and where to: they may do so after their first bytes, as a navigation of its own. */
const LEADS_TO: Record<string, RegExp> = {
  '/': /\/ops$/,
  '/settings': /\/settings\/\w+$/,
  '/ops/billing': /\/ops\/billing\/invoices$/,
  '/[account]/billing/card': /\/billing$/,
  '/ops/hosts/[host]/containers': /\/ops\/hosts\/\d+$/,
}

/** Objects that the demo has, for the parts of paths in brackets. */
const findParams = async (plane: ControlPlane): Promise<Record<string, string>> => {
  const sql = plane.connect()
  const [row] = await sql<Record<string, string>[]>`
    select a.name as account, t.app, t.host_id::text as host, t.epoch::text as epoch,
      t.host_id || '-' || e.container_id as container, (select min(id)::text from violation) as id,
      i.number, i.id::text as "invoiceId", r.name as repository, (select max(id)::text from page_message) as message,
      (select max(c.id)::text from abuse_case c where c.account_id = a.id) as "case",
      (select 'INC-' || id from incident order by resolved_at is null desc, id limit 1) as incident
    from attribution t join account a on a.id = t.account_id
      join epoch e using (host_id, epoch) join invoice i on i.account_id = a.id and i.number is not null
      join repository r on r.account_id = a.id
    where e.kind = 'container' and e.ended_at is null
    order by exists (select from abuse_case c where c.account_id = a.id) desc, a.id desc, i.id desc limit 1`
  await sql.end()
  if (!row) throw new Error('the demo has no account with an invoice, a repository and a container that runs')
  const token = ackToken(readEnv({ WHARF_DATA: plane.dataDir }).secret, BigInt(row['message'] ?? 0))
  return { ...row, token, name: row['account'] ?? '', plan: 'business', tag: 'latest', owner: row['account'] ?? '' }
}

const pathOf = (route: string, params: Record<string, string>): string =>
  route.replaceAll(/\[(\w+)\]/g, (_, name: string) => {
    const value = params[name === 'id' && route.startsWith('/ops/billing/invoices/') ? 'invoiceId' : name]
    if (!value) throw new Error(`no example for [${name}] of ${route}; add it to findParams`)
    return encodeURIComponent(value)
  })

/**
 * Declares a test of every screen there is, with the demo's data: no accessibility violation (WCAG 2.2 AA), no sideways
 * scroll, no error in the console. A page without an example here fails by its name.
 */
export const testEveryScreen = ({ width, theme }: { width: number; theme: 'light' | 'dark' }): void => {
  let plane: ControlPlane
  let params: Record<string, string>
  let signedIn: Page
  let anonymous: Page
  const errors: string[] = []

  beforeAll(async () => {
    plane = await startControlPlane({ env: { WHARF_DEMO: '1' } })
    // It takes agents, and so the demo's, before it says that all is there.
    while (!plane.output().includes('Ctrl-C stops everything')) await sleep(200)
    params = await findParams(plane)
    signedIn = await openPage({ width, theme, baseURL: plane.url })
    anonymous = await openPage({ width, theme, baseURL: plane.url })
    for (const page of [signedIn, anonymous]) {
      page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
      page.on('pageerror', (error) => errors.push(error.message))
    }
    await signIn(signedIn, plane.url, plane.admin)
  }, 180_000)

  afterAll(async () => {
    for (const page of [signedIn, anonymous]) await page?.context().close()
    await plane?.remove()
  })

  test.each(routes)('%s can be read by everybody', async (route) => {
    const page = PUBLIC.has(route) ? anonymous : signedIn
    errors.length = 0
    const response = await page.goto(pathOf(route, params))
    expect(response?.status()).toBe(200)
    const leadsTo = LEADS_TO[route]
    if (leadsTo) await page.waitForURL((url) => leadsTo.test(url.pathname))
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await page.waitForLoadState('load')
    const found = await new AxeBuilder({ page })
      .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
      .analyze()
    expect(
      found.violations.map(
        (v) =>
          `${v.id}: ${v.nodes
            .map((n) => n.html)
            .join(' ')
            .slice(0, 300)}`,
      ),
    ).toEqual([])
    const sideways = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(sideways).toBeLessThanOrEqual(0)
    expect(errors).toEqual([])
  })

  test('a person who is not signed in is asked to, and comes back to the page', async () => {
    await anonymous.goto('/ops/hosts')
    await anonymous.waitForURL(/\/sign-in/)
    await anonymous.getByLabel('E-mail').fill(plane.admin.email)
    await anonymous.getByLabel('Password', { exact: true }).fill(plane.admin.password)
    await anonymous.getByRole('button', { name: 'Sign in', exact: true }).click()
    await anonymous.waitForURL(/\/ops\/hosts$/)
    expect(await anonymous.getByRole('heading', { level: 1 }).textContent()).toBe('Hosts')
  })
}
