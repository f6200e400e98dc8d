import type { Page } from 'playwright'
import type { ControlPlane } from './controlPlane.ts'

/** Signs in by the form, as a person does, and waits for the page after it. */
export const signIn = async (page: Page, base: string, who: { email: string; password: string }): Promise<void> => {
  await page.goto(`${base}/sign-in`)
  await page.getByLabel('E-mail').fill(who.email)
  await page.getByLabel('Password', { exact: true }).fill(who.password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
}

/** Calls a mutation of the API with the first operator's token, as a program would. */
export const mutate = async <T = unknown>(plane: ControlPlane, procedure: string, input: unknown): Promise<T> => {
  const response = await fetch(`${plane.url}/trpc/${procedure}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${plane.token()}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
    signal: AbortSignal.timeout(60_000),
  })
  if (!response.ok) throw new Error(`${procedure}: ${response.status} ${await response.text()}`)
  return ((await response.json()) as { result: { data: T } }).result.data
}

/** The raw amounts behind the figures with this label: the page prints `<data value>` around what it rounds. */
export const figuresOf = async (page: Page, label: string): Promise<number[]> => {
  const cell = page.locator('dl > div', { has: page.getByRole('term').filter({ hasText: new RegExp(`^${label}$`) }) })
  const values = await cell.locator('dd.big data').evaluateAll((all) => all.map((e) => e.getAttribute('value') ?? ''))
  return values.map(Number)
}
